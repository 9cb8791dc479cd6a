"""QR codes: one mechanism for screens (SVG) and for paper (PNG); same text, same bytes."""

from __future__ import annotations

import io

import segno


def qr_svg(text: str, *, scale: int = 4) -> str:
    """Return an `<svg>` element to put inline into a page; `scale` is pixels per module."""
    return str(segno.make_qr(text, error="m").svg_inline(scale=scale))


def qr_png(text: str, *, scale: int = 8) -> bytes:
    """Return a PNG with the quiet zone of four modules that scanners need."""
    image = io.BytesIO()
    segno.make_qr(text, error="m").save(image, kind="png", scale=scale, border=4)
    return image.getvalue()
