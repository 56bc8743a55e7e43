"""What an implementation cannot do: test by test, and why.

The reasons are rows of docs/sync.md: for the embedded engine and CouchDB of the table "Differences from CouchDB", for pouchdb-server of its own.
test_cannot.py compares them. A name with an example, `test_x[example]`, is that example only.
"""

LOCAL = "`_local` with a wrong `_rev`"
WRONG_SETTINGS = "A wrong `_revs_limit` or `_security`"

ERRORS = "Errors with CouchDB's status, code and reason"
REFUSALS = "Refusing what makes no sense, instead of taking it for something else"
SERVER = "Welcome, `_up`, info and headers like CouchDB's"
NAMES = "Names of databases: the rule, and a slash in one"
ABSENT = "`_dbs_info`, `_db_updates`, `_revs_limit`, `_purge`, `_missing_revs`, `_local_docs`, `_design_docs`, `COPY` to a given revision"
NUMBERS = "Whole numbers beyond 2^53"
LEAVES = "Leaves in the order of the winner's rule"
BULK_GET = "`_bulk_get` in the order asked, and with errors inside"
ORDER = "Ids in the order of their bytes"
READING = "`local_seq`, `meta`, `deleted_conflicts`, `ETag` and `If-Match` of a document; the id in the URL before the one in the body"
STUBS = "Stubs of attachments without a digest, `revpos` as replicated, `atts_since`"
BYTES = "Ranges, headers and missing content types of attachments; one on a deleted document"
MULTIPART = "multipart"
FEED = "`pending`, `limit=0`, filtered pages that move on, sequences in quotes"
FILTERS = "`_selector` and `_design`"
WAITING = "Feeds that wait: `timeout`, `limit`, `live`, ends and heartbeats"
EVENTSOURCE = "eventsource"
STEMMING = "Histories cut to `_revs_limit`, and made longer by what comes later"
LOCAL_OVERWRITTEN = "`_local` with a wrong `_rev` overwrites"
REPLICATED_PUT = "`PUT /{db}/{id}?new_edits=false`"
LIVES = "404 for a database that was deleted just now; sequences that tell one life of a database from the next"
SECURITY = "`_all_dbs` for admins only; a wrong `_security` refused"

POUCHDB_SERVER = {
    ERRORS: [
        "test_a_database_is_made_and_removed_once",
        "test_a_database_that_is_not_there",
        "test_a_document_is_deleted_when_all_its_leaves_are",
        "test_a_first_write_may_be_a_tombstone",
        "test_a_method_that_is_not_there",
        "test_a_tombstone_may_hold_members",
        "test_an_attachment_is_removed_by_a_revision",
        "test_an_attachment_without_the_right_revision_is_a_conflict",
        "test_an_edit_that_extends_no_leaf_is_a_conflict",
        "test_attachments_that_cannot_be[no base64]",
        "test_bulk_docs_answers_each_document_in_its_place",
        "test_bulk_docs_deletes_and_writes_checkpoints",
        "test_bulk_docs_with_nothing_in_it",
        "test_deleting_leaves_a_tombstone",
        "test_deleting_needs_the_revision_and_something_to_delete",
        "test_filters_that_cannot_be",
        "test_open_revs_that_cannot_be[a word]",
        "test_open_revs_that_cannot_be[an object]",
        "test_open_revs_that_cannot_be[a number]",
        "test_what_couchdbs_replicator_writes_into_its_documents_is_kept",
        "test_what_is_left_out_of_a_revision_is_gone_from_it",
        "test_a_malformed_revision_fails_the_whole_request_and_nothing_is_written[unknown member]",
        *[
            f"test_errors_have_their_status_code_and_reason[{example}]"
            for example in (
                "no JSON",
                "no body",
                "unknown member",
                "reserved id",
                "reserved id in the body",
                "id that is no text",
                "empty id",
                "unknown attachment",
                "conflict",
                "bulk without documents",
                "bulk get of nothing",
                "difference to no revision",
                "unknown filter",
            )
        ],
        *[f"test_one_malformed_document_fails_all_and_nothing_is_written[{example}]" for example in ("unknown member", "a text", "empty id")],
    ],
    REFUSALS: [
        "test_a_checkpoint_has_no_attachments",
        "test_a_sequence_that_is_none_is_refused",
        "test_all_docs_between_bounds[null is before all ids]",
        "test_an_unknown_kind_of_feed",
        "test_only_the_words_true_and_false_count_and_unknown_parameters_are_ignored",
        "test_these_need_a_body_that_says_it_is_json",
        "test_what_is_no_json_is_refused_and_not_bent_into_shape[lone surrogate]",
        "test_writing_anew_by_naming_the_tombstone_is_a_conflict",
    ],
    SERVER: [
        "test_a_new_database_is_empty",
        "test_answers_are_json_with_a_newline_at_the_end",
        "test_info_has_what_replicators_ask_for",
        "test_the_cookie_says_when_it_expires_in_both_ways",
        "test_the_welcome_names_a_uuid_that_stays",
        "test_up",
    ],
    NAMES: ["test_names_may_hold_these[/below]", "test_names_may_not_be_these"],
    ABSENT: [
        "test_an_inner_revision_cannot_be_purged",
        "test_checkpoints_are_listed_for_admins",
        "test_copying_makes_a_document_or_a_revision_of_one",
        "test_dbs_info_tells_of_several_databases",
        "test_design_documents_are_listed",
        "test_missing_revs_is_the_elder_form",
        "test_purge_forgets_a_revision_as_if_it_had_never_been",
        "test_purging_one_leaf_leaves_the_other",
        "test_the_feed_of_all_databases_tells_of_each_that_changed",
        "test_the_number_of_revisions_kept_is_read_and_set",
        "test_what_is_no_number_of_revisions_is_a_bad_request",
    ],
    NUMBERS: ["test_what_is_no_json_is_refused_and_not_bent_into_shape[too large]", "test_whole_numbers_keep_their_digits"],
    LEAVES: [
        "test_all_leaves_winner_first",
        "test_ids_of_revisions_compare_byte_by_byte",
        "test_longpoll_is_woken_by_a_losing_branch",
        "test_revs_diff_names_what_is_missing_and_what_it_may_come_from",
        "test_the_leaves_below_these_revisions",
        "test_the_winner_is_the_live_leaf_of_the_highest_generation_and_id",
    ],
    BULK_GET: [
        "test_bulk_get_answers_each_request_in_its_place",
        "test_bulk_get_as_pouchdb_pulls",
        "test_bulk_get_refuses_what_belongs_into_its_elements",
        "test_bulk_get_tells_what_is_wrong_with_an_element_inside_of_its_result",
    ],
    ORDER: ["test_ids_are_in_the_order_of_their_bytes"],
    READING: [
        "test_a_plain_read_can_be_answered_with_nothing_new",
        "test_conflicts_are_told_best_first_and_only_where_there_are_some",
        "test_meta_is_history_and_conflicts_together",
        "test_the_id_in_the_url_counts",
        "test_the_local_sequence_is_told_on_request",
        "test_the_revision_may_stand_in_the_url_or_the_header",
    ],
    STUBS: [
        "test_a_replicated_attachment_keeps_the_generation_it_came_in",
        "test_a_replicated_stub_finds_the_nearest_ancestor",
        "test_a_stub_keeps_what_the_revision_before_had",
        "test_attachments_since_a_revision",
    ],
    BYTES: [
        "test_a_missing_content_type_is_bytes_of_any_kind",
        "test_a_part_of_the_bytes",
        "test_an_attachment_on_a_deleted_document_writes_it_anew",
        "test_an_attachment_put_by_itself_makes_the_document_or_a_revision_of_it",
        "test_the_bytes_come_back_as_they_went_in",
    ],
    MULTIPART: [
        "test_a_body_of_parts_sent_in_chunks",
        "test_a_compressed_attachment_is_taken_and_given_as_what_it_is",
        "test_a_document_is_written_with_its_attachments_as_parts",
        "test_a_document_with_attachments_is_a_part_of_parts",
        "test_a_stub_of_nothing_among_parts_is_refused",
        "test_a_wrong_digest_of_a_part_is_refused",
        "test_an_edit_is_written_with_its_attachments_as_parts",
        "test_leaves_as_parts",
        "test_one_document_with_its_attachments_as_parts",
        "test_only_attachments_that_are_new_since_a_revision_follow",
        "test_text_is_a_part_too_whether_it_is_kept_compressed_or_not",
    ],
    FEED: [
        "test_a_filtered_page_moves_past_what_it_left_out",
        "test_a_sequence_is_taken_back_in_quotes_too",
        "test_each_document_has_one_row_at_its_newest_sequence",
        "test_no_rows_tells_the_backlog",
        "test_pages_follow_each_other_to_the_end",
    ],
    FILTERS: ["test_a_selector_that_is_none", "test_only_design_documents", "test_only_what_a_selector_matches"],
    WAITING: [
        "test_continuous_ends_at_its_limit",
        "test_continuous_ends_with_a_line_that_names_where_to_go_on",
        "test_continuous_from_now_on",
        "test_continuous_sends_a_line_for_each_change",
        "test_continuous_sends_heartbeats_while_nothing_happens",
        "test_continuous_with_a_filter_and_documents",
        "test_deleting_the_database_ends_the_feed",
        "test_longpoll_ends_when_its_time_is_up",
        "test_longpoll_sends_its_beginning_and_heartbeats_while_it_waits",
    ],
    EVENTSOURCE: [
        "test_eventsource_goes_on_after_the_last_event_that_was_seen",
        "test_eventsource_sends_each_change_as_an_event_with_its_sequence",
        "test_eventsource_sends_heartbeats_as_events",
    ],
    STEMMING: [
        "test_a_known_revision_that_comes_with_a_longer_history_closes_the_gap",
        "test_a_revision_that_was_cut_off_is_missing_again_and_comes_back_as_a_branch_or_as_nothing",
        "test_histories_are_cut_to_the_number_that_is_kept",
    ],
    LOCAL_OVERWRITTEN: ["test_a_wrong_revision_overwrites"],
    REPLICATED_PUT: ["test_put_can_write_a_replicated_revision_too_and_again"],
    LIVES: ["test_a_database_is_deleted_once", "test_a_sequence_of_another_life_begins_anew"],
    SECURITY: ["test_all_dbs_is_for_admins", "test_what_is_no_security_object_is_a_bad_request"],
}

CANNOT: dict[str, dict[str, str]] = {
    "embedded": {
        "test_a_wrong_revision_overwrites": LOCAL,
    },
    "couchdb": {
        "test_a_wrong_revision_is_a_conflict": LOCAL,
        "test_what_is_no_number_of_revisions_is_a_bad_request": WRONG_SETTINGS,
        "test_what_is_no_security_object_is_a_bad_request": WRONG_SETTINGS,
    },
    "pouchdb-server": {test: reason for reason, tests in POUCHDB_SERVER.items() for test in tests},
}
