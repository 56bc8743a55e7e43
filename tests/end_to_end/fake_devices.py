"""What a phone's camera sees and its microphone hears in a test: files that Chromium plays as its devices, made by a library and by arithmetic."""

from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

import segno

WIDTH, HEIGHT = 640, 480
FRAMES = 10
MODULE_PIXELS = 12
BLACK, GREY, WHITE = 16, 128, 235
TONE_SECONDS = 4
SAMPLES_A_SECOND = 48_000


def camera(path: Path, text: str | None) -> list[str]:
    """A camera that is held before a QR code, or before a grey wall; gives Chromium's arguments."""
    picture = bytearray([GREY]) * (WIDTH * HEIGHT)
    if text is not None:
        matrix = list(segno.make_qr(text, error="m").matrix_iter(border=4))
        left, top = (WIDTH - len(matrix) * MODULE_PIXELS) // 2, (HEIGHT - len(matrix) * MODULE_PIXELS) // 2
        assert top >= 0, "the code is too large for the picture"
        for y, row in enumerate(matrix):
            for x, dark in enumerate(row):
                for line in range(MODULE_PIXELS):
                    start = (top + y * MODULE_PIXELS + line) * WIDTH + left + x * MODULE_PIXELS
                    picture[start : start + MODULE_PIXELS] = bytes([BLACK if dark else WHITE]) * MODULE_PIXELS
    frame = b"FRAME\n" + bytes(picture) + bytes([GREY]) * (WIDTH * HEIGHT // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * FRAMES)
    return [*_allowed(), f"--use-file-for-fake-video-capture={path}"]


def microphone(path: Path) -> list[str]:
    """A microphone that hears a tone of 440 Hz; gives Chromium's arguments."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLES_A_SECOND)
        waves = (12_000 * math.sin(2 * math.pi * 440 * sample / SAMPLES_A_SECOND) for sample in range(TONE_SECONDS * SAMPLES_A_SECOND))
        file.writeframes(b"".join(struct.pack("<h", round(wave)) for wave in waves))
    return [*_allowed(), f"--use-file-for-fake-audio-capture={path}"]


def _allowed() -> list[str]:
    """As if the person had said yes."""
    return ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
