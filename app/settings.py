"""The settings, read once from the environment and checked before anything starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from registries.database import DEFAULT_ADDRESS
from registries.engines import engine_for
from registries.errors import Invalid, Refused
from registries.log_keys import DEFAULT_PATH
from registries.migrate import ROLE_NAME

Face = Literal["staff", "field", "public"]
FACES: Final[dict[Face, str]] = {
    "staff": "公务端：本单位工作人员办公",
    "field": "移动端：监察员现场检查",
    "public": "公开端：社会公众",
}
DEFAULT_ORIGIN: Final = "http://127.0.0.1:8000"
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting of the system; each comes from the variable named beside it in `SETTINGS`."""

    database_url: str = DEFAULT_ADDRESS
    app_role: str = ""
    log_folder: Path = Path("var/log")
    log_key: Path = Path(DEFAULT_PATH)
    origin: str = DEFAULT_ORIGIN
    faces: tuple[Face, ...] = tuple(FACES)
    files_folder: Path = Path("var/files")
    trusted_proxies: str = ""
    worker: bool = True
    development: bool = False

    @property
    def host(self) -> str:
        """Return the host, with its port where one is named, under which browsers reach the system."""
        return urlsplit(self.origin).netloc

    @property
    def secure(self) -> bool:
        """Say whether browsers come by HTTPS, so that cookies may be bound to it."""
        return self.origin.startswith("https://")

    @property
    def loopback(self) -> bool:
        """Say whether only this machine's own browser comes, as in a demo or behind a screen share."""
        return urlsplit(self.origin).hostname in LOOPBACK


# field → (environment variable, what it means). The documentation of settings is tested against this table.
SETTINGS = {
    "database_url": (
        "YAOHAO_DATABASE_URL",
        "数据库地址：sqlite:///文件 或 postgresql://用户@主机/库",
    ),
    "app_role": ("YAOHAO_APP_ROLE", "PostgreSQL 上日常运行所用的角色，由 yaohao migrate 授权"),
    "log_folder": ("YAOHAO_LOG_FOLDER", "程序错误日志所在的文件夹"),
    "log_key": ("YAOHAO_LOG_KEY", "操作日志签名密钥的文件；公钥和个人信息密钥在同一文件夹"),
    "origin": (
        "YAOHAO_ORIGIN",
        (
            "浏览器打开本系统所用的网址，例如 https://zhouyao.example.gov.cn；"
            "除本机外，公务端和移动端必须用 https"
        ),
    ),
    "faces": (
        "YAOHAO_FACES",
        "本进程提供哪几端，以逗号分隔：staff（公务端）、field（移动端）、public（公开端）",
    ),
    "files_folder": ("YAOHAO_FILES", "上传的文件和生成的文件所在的文件夹，不在网站目录内"),
    "trusted_proxies": (
        "YAOHAO_TRUSTED_PROXIES",
        "前置代理的地址，以逗号分隔；只有来自这些地址的访客地址才被采信",
    ),
    "worker": ("YAOHAO_WORKER", "本进程是否办理后台任务：1（默认）或 0"),
    "development": ("YAOHAO_DEVELOPMENT", "1 时提供样式页 /style，仅供开发"),
}


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of `environment`; an empty variable counts as not set.

    Raises Invalid with every fault, under the names of the variables.
    """
    given: dict[str, object] = {
        field: environment[variable]
        for field, (variable, _) in SETTINGS.items()
        if environment.get(variable)
    }
    faults: dict[str, list[str]] = {}
    try:
        engine_for(str(given.get("database_url", DEFAULT_ADDRESS)))
    except Refused as refusal:
        faults["YAOHAO_DATABASE_URL"] = [refusal.sentence]
    if "app_role" in given and not ROLE_NAME.fullmatch(str(given["app_role"])):
        faults["YAOHAO_APP_ROLE"] = ["角色名只能由小写字母、数字和下划线组成。"]
    if "faces" in given:
        faces = [one.strip() for one in str(given["faces"]).split(",") if one.strip()]
        given["faces"] = faces
        if not faces or not set(faces) <= set(FACES):
            faults["YAOHAO_FACES"] = ["请写 staff、field、public 中的一个或几个，以逗号分隔。"]
    for field in ("worker", "development"):
        if field in given and given[field] not in ("0", "1"):
            faults[SETTINGS[field][0]] = ["请写 1 或 0。"]
    faults |= _origin_faults(str(given.get("origin", DEFAULT_ORIGIN)), given.get("faces", FACES))
    if faults:
        raise Invalid("设置有误，请改正环境变量后再启动。", faults)
    return msgspec.convert(given, Settings, strict=False, dec_hook=_path)


def _origin_faults(origin: str, faces: object) -> dict[str, list[str]]:
    """Return what is wrong with the address that browsers use: its form, and HTTP where HTTPS is a must."""
    parts = urlsplit(origin)
    whole = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in ("http", "https") or not parts.hostname or origin != whole:
        sentence = "请写协议、主机和端口，不带路径，例如 https://example.gov.cn。"
        return {"YAOHAO_ORIGIN": [sentence]}
    closed = isinstance(faces, list | dict) and {"staff", "field"} & set(faces)
    if parts.scheme == "http" and closed and parts.hostname not in LOOPBACK:
        sentence = "公务端和移动端必须用 https，只有本机可用 http。请配置 https，或只开公开端。"
        return {"YAOHAO_ORIGIN": [sentence]}
    return {}


def _path(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise NotImplementedError(kind)
