"""The settings, read once from the environment and checked before anything starts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from registries.database import DEFAULT_ADDRESS
from registries.engines import engine_for
from registries.errors import Invalid, Refused
from registries.log_keys import DEFAULT_PATH
from registries.migrate import ROLE_NAME


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting of the system; each comes from the variable named beside it in `SETTINGS`."""

    database_url: str = DEFAULT_ADDRESS
    app_role: str = ""
    log_folder: Path = Path("var/log")
    log_key: Path = Path(DEFAULT_PATH)


# field → (environment variable, what it means). The documentation of settings is tested against this table.
SETTINGS = {
    "database_url": (
        "YAOHAO_DATABASE_URL",
        "数据库地址：sqlite:///文件 或 postgresql://用户@主机/库",
    ),
    "app_role": ("YAOHAO_APP_ROLE", "PostgreSQL 上日常运行所用的角色，由 yaohao migrate 授权"),
    "log_folder": ("YAOHAO_LOG_FOLDER", "程序错误日志所在的文件夹"),
    "log_key": ("YAOHAO_LOG_KEY", "操作日志签名密钥的文件；公钥和个人信息密钥在同一文件夹"),
}


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of `environment`; an empty variable counts as not set.

    Raises Invalid with every fault, under the names of the variables.
    """
    given = {
        field: environment[variable]
        for field, (variable, _) in SETTINGS.items()
        if environment.get(variable)
    }
    faults: dict[str, list[str]] = {}
    try:
        engine_for(given.get("database_url", DEFAULT_ADDRESS))
    except Refused as refusal:
        faults["YAOHAO_DATABASE_URL"] = [refusal.sentence]
    if "app_role" in given and not ROLE_NAME.fullmatch(given["app_role"]):
        faults["YAOHAO_APP_ROLE"] = ["角色名只能由小写字母、数字和下划线组成。"]
    if faults:
        raise Invalid("设置有误，请改正环境变量后再启动。", faults)
    return msgspec.convert(given, Settings, strict=False, dec_hook=_path)


def _path(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise NotImplementedError(kind)
