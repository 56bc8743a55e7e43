"""An application whose answers need it while they are sent, for test_web_worker.py."""

import os
import threading

from flask import Flask, current_app, request, stream_with_context

from server.pause import Pause

PIECES, PIECE_BYTES = 60, 100_000
app = Flask(__name__)
app.config["MARK"] = b"x"


@app.get("/streamed")
def streamed():
    def pieces():
        for _ in range(PIECES):
            yield current_app.config["MARK"] * PIECE_BYTES
        yield f"{request.path} in {len(threads)} threads".encode()

    threads = set()

    def noted(made):
        for piece in made:
            threads.add(threading.get_ident())
            yield piece

    return app.response_class(noted(stream_with_context(pieces())))


@app.get("/broken")
def broken():
    def pieces():
        yield b"x" * PIECE_BYTES
        raise RuntimeError("in the middle")

    return app.response_class(pieces())


@app.get("/broken-at-once")
def broken_at_once():
    def pieces():
        yield b"a little"
        raise RuntimeError("before anything was sent")

    return app.response_class(pieces())


@app.get("/paused")
def paused():
    return app.response_class(iter([b"first ", Pause(until=0.0), b"second"]))


@app.get("/")
def small():
    return "ok"


@app.get("/process")
def process():
    return str(os.getpid())
