"""`yaohao serve`: the web system on this machine."""

from __future__ import annotations

import os
import socket

import click

from app.settings import DEFAULT_ORIGIN, Settings, load_settings
from registries.errors import Refused
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
    environment = dict(os.environ)
    if origin:
        environment["YAOHAO_ORIGIN"] = origin
    elif not environment.get("YAOHAO_ORIGIN"):
        environment["YAOHAO_ORIGIN"] = f"http://127.0.0.1:{port}"
    check_port(host, port)
    serve_on(load_settings(environment), host, port)


def check_port(host: str, port: int) -> None:
    """Raise Refused when the address cannot be listened on, before anything else is done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise Refused(
                f"{host} 的端口 {port} 不能用：已被占用或没有权限。请用 --port 换一个。"
            ) from None


def serve_on(settings: Settings, host: str, port: int) -> None:
    """Serve the web system until Ctrl-C."""
    import uvicorn

    from app.main import create

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
