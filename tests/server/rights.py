"""The expectation of the matrix tests, written by hand: who has which right on what, what each route under /sync/ needs, and the one right answer."""

import itertools
from dataclasses import dataclass
from urllib.parse import urlencode

# What each may do with each kind of database: w1 is the worker whose inbox it is, g1 the area.
RIGHTS = """
                          forms   area-g1   worker-w1   media-w1   area-none (there is no such database)
nobody                    -       -         -           -          -
token expired             -       -         -           -          -
token of another key      -       -         -           -          -
token without signature   -       -         -           -          -
token cut and pasted      -       -         -           -          -
token of an unknown kid   -       -         -           -          -
token with _admin in it   -       -         -           -          -
other worker              read    -         -           -          -
worker without the area   read    -         write       write      -
worker with the area      read    read      write       write      -
team leader               read    read      -           -          -
operator                  all     all       all         all        all
operator by cookie        all     all       all         all        all
"""
UNKNOWN = ("nobody", "token ")  # these get 401 where they may not, the others 403

# What each route needs, and what it answers to those who may. `free`: no right is needed, but no bad token is taken either.
# Prepared before each request: the document, the attachment or the checkpoint that it is about.
NEEDS = """
GET     /                               free   200
GET     /_up                            free   200
GET     /_session                       free   200
POST    /_session                       free   200   {"name":"operator","password":"a long password"}
DELETE  /_session                       free   200
GET     /_uuids                         free   200
GET     /_all_dbs                       all    200
GET     /_db_updates                    all    200
GET     /_dbs_info                      all    200
POST    /_dbs_info                      all    200   {"keys":["forms"]}
GET     /{db}                           read   200
PUT     /{db}                           made   412
DELETE  /{db}                           all    200
POST    /{db}                           write  201   {}
GET     /{db}/_security                 read   200
PUT     /{db}/_security                 all    200   SECURITY
GET     /{db}/_revs_limit               read   200
PUT     /{db}/_revs_limit               all    200   1000
POST    /{db}/_ensure_full_commit       read   201
POST    /{db}/_compact                  all    202
POST    /{db}/_view_cleanup             all    202
POST    /{db}/_purge                    all    201   {"none":["1-a"]}
GET     /{db}/_purged_infos             all    200
GET     /{db}/_purged_infos_limit       all    200
PUT     /{db}/_purged_infos_limit       all    200   1000
GET     /{db}/_changes                  read   200
POST    /{db}/_changes                  read   200   {}
GET     /{db}/_all_docs                 read   200
POST    /{db}/_all_docs                 read   200   {}
GET     /{db}/_design_docs              read   200
POST    /{db}/_design_docs              read   200   {}
GET     /{db}/_local_docs               all    200
POST    /{db}/_local_docs               all    200   {}
POST    /{db}/_bulk_docs                write  201   {"docs":[{}]}
POST    /{db}/_bulk_get                 read   200   {"docs":[]}
POST    /{db}/_revs_diff                read   200   {}
POST    /{db}/_missing_revs             read   200   {}
GET     /{db}/_local/{id}               read   200
PUT     /{db}/_local/{id}               read   201   {}
DELETE  /{db}/_local/{id}               read   200
GET     /{db}/{id}                      read   200
PUT     /{db}/{id}                      write  201   {}
DELETE  /{db}/{id}                      write  200
COPY    /{db}/{id}                      write  201
GET     /{db}/{id}/{attachment}         read   200
PUT     /{db}/{id}/{attachment}         write  201   {}
DELETE  /{db}/{id}/{attachment}         write  200
"""

# ---- The tables, read


@dataclass(frozen=True)
class Row:
    """A route with what it needs, what it answers, and the body that is sent."""

    method: str
    path: str
    needs: str
    good: int
    body: str

    @property
    def is_of_a_database(self) -> bool:
        return "{db}" in self.path


def read_rights():
    head, *lines = [line for line in RIGHTS.splitlines() if line.strip()]
    names = head.split("(")[0].split()
    return {line[:26].strip(): dict(zip(names, line[26:].split(), strict=True)) for line in lines}


def read_needs():
    return [
        Row(*columns[:3], int(columns[3]), columns[4] if len(columns) > 4 else "") for columns in (line.split(None, 4) for line in NEEDS.split("\n") if line)
    ]


EVERYBODY = read_rights()
ROWS = read_needs()
DATABASES = list(EVERYBODY["nobody"])
LEVELS = ["-", "read", "write", "all"]


def right_answer(row: Row, who: str, right: str, is_there: bool) -> int:
    """The one right answer to this route for someone with this right."""
    refused = 401 if who.startswith(UNKNOWN) else 403
    if row.needs == "free":
        return 401 if who.startswith("token ") else row.good
    if row.needs == "made":  # PouchDB asks for every database to be made: those who may read one are told that it is there, nobody else anything
        return refused if right == "-" else row.good if is_there else 201
    if LEVELS.index(right) < LEVELS.index(row.needs):
        return refused
    return row.good if is_there else 404


# ---- The requests

numbers = itertools.count()


def request_for(server, row: Row, name: str) -> tuple[str, str]:
    """(path with its query, body) for this route, after what it is about was made, where the database is there."""
    id = f"thing-{next(numbers)}"
    body = row.body
    if body == "SECURITY":
        found = server.ask("operator", "GET", f"/{name}/_security")
        body = found.text if found.status_code == 200 else "{}"
    revision = ""
    if "{id}" in row.path and (row.method != "PUT" or "{attachment}" in row.path):
        place = f"/{name}/_local/{id}" if "_local" in row.path else f"/{name}/{id}"
        attached = '{"_attachments":{"photo":{"content_type":"image/jpeg","data":"aGk="}}}'
        made = server.ask("operator", "PUT", place, attached if "{attachment}" in row.path else "{}")
        if made.status_code == 201 and row.method != "GET":
            revision = "?" + urlencode({"rev": made.json["rev"]})
    return row.path.format(db=name, id=id, attachment="photo") + revision, body
