"""Settings: frozen dataclasses filled from TOML. An unknown key is an error that suggests the right one."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import ipaddress
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import ConfigError
from pipeline.resources import LIBRARY_VARIABLE


@dataclass(frozen=True, slots=True)
class LibraryConfig:
    """Where lessons are kept; empty strings mean the user's data folder and SQLite inside it."""

    folder: str = ""
    database_url: str = ""


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """How media files are read and converted."""

    ffmpeg: str = "packaged"
    channel: str = "mix"
    proxy_height_px: int = 480


@dataclass(frozen=True, slots=True)
class AsrConfig:
    """Which engine writes down what is said, with which weights, on what device."""

    engine: str = "faster-whisper"
    model: str = "base"
    device: str = "auto"
    language: str = "auto"
    beam_size: int = 5
    batch_size: int = 8


@dataclass(frozen=True, slots=True)
class DiarizationConfig:
    """Who speaks when."""

    engine: str = "campplus"
    max_speakers: int = 30


@dataclass(frozen=True, slots=True)
class DiscourseConfig:
    """What judges questions, talk moves and uptake."""

    engine: str = "minilm"


@dataclass(frozen=True, slots=True)
class WriterConfig:
    """What words the feedback: the rules alone, or after them a language model behind an OpenAI-compatible server.

    ``model`` may be empty where the server has one only. Unless ``allow_remote``, ``address`` is on this computer.
    """

    engine: str = "rules"
    address: str = "http://127.0.0.1:11434/v1"
    model: str = ""
    allow_remote: bool = False
    timeout_s: int = 60


@dataclass(frozen=True, slots=True)
class ModelsConfig:
    """Which weights may be used."""

    allow_noncommercial: bool = True


@dataclass(frozen=True, slots=True)
class ViewerConfig:
    """The viewer's port; `serve` says by which addresses it can be reached."""

    port: int = 8501


@dataclass(frozen=True, slots=True)
class SignOnConfig:
    """The school's OpenID Connect provider; none where ``issuer`` is empty. ``name`` is what the log-in's button says.

    The client's secret stands in LESSONMIRROR_SIGN_ON_SECRET, not in a file.
    """

    issuer: str = ""
    client_id: str = ""
    name: str = "your school's account"


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, one section a part of the program."""

    library: LibraryConfig = field(default_factory=LibraryConfig)
    media: MediaConfig = field(default_factory=MediaConfig)
    asr: AsrConfig = field(default_factory=AsrConfig)
    diarization: DiarizationConfig = field(default_factory=DiarizationConfig)
    discourse: DiscourseConfig = field(default_factory=DiscourseConfig)
    writer: WriterConfig = field(default_factory=WriterConfig)
    models: ModelsConfig = field(default_factory=ModelsConfig)
    viewer: ViewerConfig = field(default_factory=ViewerConfig)
    sign_on: SignOnConfig = field(default_factory=SignOnConfig)


# The codes of the languages that Whisper's multilingual models know: faster-whisper's and openai-whisper's lists agree.
LANGUAGES = tuple(
    "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id is it "
    "ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl sn "
    "so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh".split()
)
# What a setting may be, where only a few words make sense.
CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("media", "channel"): ("mix", "left", "right"),
    ("asr", "engine"): ("faster-whisper", "openai-whisper", "transformers"),
    ("asr", "device"): ("auto", "cpu", "cuda"),
    ("asr", "language"): ("auto", *LANGUAGES),
    ("diarization", "engine"): ("campplus",),
    ("discourse", "engine"): ("minilm", "rules"),
    ("writer", "engine"): ("rules", "openai-compatible"),
}
# The smallest and largest value of a number that a run can work with.
LIMITS: Mapping[tuple[str, str], tuple[int, int]] = {
    ("media", "proxy_height_px"): (144, 2160),
    ("asr", "beam_size"): (1, 20),
    ("asr", "batch_size"): (1, 128),
    ("diarization", "max_speakers"): (1, 100),
    ("writer", "timeout_s"): (1, 600),
    ("viewer", "port"): (1, 65535),
}


def load_config(path: Path | None = None, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Config:
    """The defaults, changed by the TOML file ``path`` and then by ``overrides`` (section to key to value).

    Where LESSONMIRROR_LIBRARY is set, it goes before the file's folder of the library, but not before ``overrides``.
    Raises ConfigError for a file that cannot be read, an unknown section or key, or a value of the wrong kind.
    """
    config = Config()
    if path is not None:
        config = _apply(config, _read_toml(path))
        if os.environ.get(LIBRARY_VARIABLE):  # read where the library is opened with no folder named
            config = dataclasses.replace(config, library=dataclasses.replace(config.library, folder=""))
    config = _apply(config, overrides or {})
    _check_language(config.asr)
    check_writer(config.writer)
    return config


def server_host(address: str) -> str:
    """The host of a server's address such as ``http://127.0.0.1:11434/v1``. Raises ConfigError where it is none."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port  # reading a port that is no number raises
    except ValueError:
        host, parts = None, urlsplit("")
    plain = address.isascii() and address.isprintable() and " " not in address
    extra = "@" in parts.netloc or parts.query or parts.fragment or "?" in address or "#" in address
    if not host or not plain or extra or parts.scheme not in ("http", "https"):
        raise ConfigError(
            "[writer] address has to be that of an http or https server, without a name or key in it.",
            hint=f"Write it as in {WriterConfig().address}.",
        )
    return host


def on_this_computer(host: str) -> bool:
    """Whether a host is loopback by its looks: nothing is resolved, so a name other than localhost never is."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_writer(writer: WriterConfig) -> None:
    """Raises ConfigError for an address that is none, or is another computer's where that is not allowed."""
    host = server_host(writer.address)
    if not writer.allow_remote and not on_this_computer(host):
        raise ConfigError(
            f"[writer] address names another computer ({host}): what was said in lessons would be sent there.",
            hint="Use a server on this computer, such as http://127.0.0.1:11434/v1; who answers for the data may set allow_remote.",
        )


def writer_elsewhere(writer: WriterConfig) -> str | None:
    """The host that words the feedback where that is another computer; None where nothing leaves this one."""
    host = server_host(writer.address)
    return None if writer.engine == "rules" or on_this_computer(host) else host


def config_sha256(*sections: object) -> str:
    """Hash of settings (dataclasses or plain values): equal settings, equal hash."""
    plain = [dataclasses.asdict(s) if dataclasses.is_dataclass(s) and not isinstance(s, type) else s for s in sections]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def suggestion(wrong: str, known: tuple[str, ...]) -> str:
    """``did you mean 'beam_size'?`` or the list of what is known."""
    near = difflib.get_close_matches(wrong, known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known are: {', '.join(known)}."


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Windows editors put a mark in front
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(f"The settings file {path} cannot be read: {reason}.", hint="Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings file {path} is not valid TOML: {error}.", hint="Mend that line.") from error


def _apply(config: Config, values: Mapping[str, Any]) -> Config:
    sections = tuple(item.name for item in dataclasses.fields(Config))
    changed: dict[str, Any] = {}
    for name, keys in values.items():
        if name not in sections:
            raise ConfigError(f"There is no section [{name}];", hint=suggestion(name, sections))
        if not isinstance(keys, Mapping):
            raise ConfigError(f"[{name}] is a section, not a value;", hint=f"write [{name}] on a line of its own.")
        changed[name] = _apply_section(name, getattr(config, name), keys)
    return dataclasses.replace(config, **changed)


def _apply_section(name: str, section: Any, keys: Mapping[str, Any]) -> Any:
    known = tuple(item.name for item in dataclasses.fields(section))
    for key, value in keys.items():
        if key not in known:
            raise ConfigError(f"[{name}] has no key '{key}';", hint=suggestion(key, known))
        _check_value(name, key, value, getattr(section, key))
    return dataclasses.replace(section, **keys)


def _check_language(asr: AsrConfig) -> None:
    if asr.model.endswith(".en") and asr.language not in ("auto", "en"):  # so Whisper's English-only models are named
        raise ConfigError(
            f"The model '{asr.model}' knows only English, not '{asr.language}'.",
            hint=f"Choose a model for many languages, such as '{AsrConfig().model}', or the language 'en'.",
        )


def _check_value(name: str, key: str, value: object, default: object) -> None:
    if type(value) is not type(default):
        kind = {str: "text in quotes", int: "a whole number", bool: "true or false"}[type(default)]
        raise ConfigError(f"[{name}] {key} has to be {kind}, not {value!r}.", hint="Mend that value.")
    choices = CHOICES.get((name, key))
    if choices and value not in choices:
        raise ConfigError(f"[{name}] {key} cannot be '{value}';", hint=suggestion(str(value), choices))
    limits = LIMITS.get((name, key))
    if limits and isinstance(value, int) and not limits[0] <= value <= limits[1]:
        raise ConfigError(f"[{name}] {key} lies between {limits[0]} and {limits[1]}, not {value}.", hint="Mend it.")
