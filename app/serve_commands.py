"""`yaohao serve`: the web system on this machine."""

from __future__ import annotations

import os

import click

from app.settings import DEFAULT_ORIGIN, load_settings
from registries.terminal import Command


@click.command("serve", cls=Command)
@click.option("--host", default="127.0.0.1", show_default=True, help="监听的地址；0.0.0.0 为全部。")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="端口。"
)
@click.option(
    "--origin",
    help=f"浏览器所用的网址，等同 YAOHAO_ORIGIN；默认 {DEFAULT_ORIGIN}，改了端口时随端口变。",
)
def serve_command(host: str, port: int, origin: str | None) -> None:
    """启动网页系统，按 Ctrl-C 停止。"""
    import uvicorn

    from app.main import create

    environment = dict(os.environ)
    if origin:
        environment["YAOHAO_ORIGIN"] = origin
    elif not environment.get("YAOHAO_ORIGIN"):
        environment["YAOHAO_ORIGIN"] = f"http://127.0.0.1:{port}"
    settings = load_settings(environment)
    app = create(settings)
    click.echo(f"网页系统已启动：{settings.origin}（按 Ctrl-C 停止）")
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
    )
