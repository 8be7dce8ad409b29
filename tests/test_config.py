"""Settings come from TOML; what is wrong in them is an error that suggests the right word."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import (
    CHOICES,
    LANGUAGES,
    LIMITS,
    AsrConfig,
    Config,
    config_sha256,
    load_config,
    suggestion,
    writer_elsewhere,
)
from pipeline.errors import ConfigError
from pipeline.resources import cache_folder, data_path, library_folder


def refused(overrides: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(overrides=overrides)
    return str(caught.value)


def test_the_shipped_settings_are_the_defaults_and_name_every_key() -> None:
    path = data_path("configs", "default.toml")
    assert load_config(path) == load_config() == Config()
    written = path.read_text(encoding="utf-8")
    for section in dataclasses.fields(Config):
        part = written.split(f"[{section.name}]")[1].split("\n[")[0]
        for key in dataclasses.fields(getattr(Config(), section.name)):
            assert re.search(rf"^{key.name} = ", part, re.MULTILINE), f"[{section.name}] {key.name}"


def test_a_file_changes_what_it_names_and_overrides_go_on_top(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[asr]\nbeam_size = 2\nmodel = "tiny.en"\n', encoding="utf-8")
    config = load_config(path, {"asr": {"beam_size": 1}})
    assert (config.asr.beam_size, config.asr.model, config.asr.device) == (1, "tiny.en", "auto")


def test_a_file_from_a_windows_editor_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b'\xef\xbb\xbf[media]\r\nchannel = "left"\r\n')
    assert load_config(path).media.channel == "left"


def test_a_typo_in_a_key_gets_the_right_word() -> None:
    assert refused({"asr": {"beam_sise": 5}}) == "[asr] has no key 'beam_sise'; did you mean 'beam_size'?"


def test_a_typo_in_a_section_gets_the_right_word() -> None:
    assert refused({"vewer": {}}) == "There is no section [vewer]; did you mean 'viewer'?"


def test_a_far_off_word_gets_the_list_of_what_is_known() -> None:
    assert suggestion("zzz", ("one", "two")) == "known are: one, two."


def test_a_section_cannot_be_a_value() -> None:
    assert "is a section" in refused({"asr": 3})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("section", "key", "value", "wanted"),
    [
        ("asr", "beam_size", "5", "a whole number"),
        ("asr", "beam_size", 5.0, "a whole number"),
        ("asr", "beam_size", True, "a whole number"),
        ("asr", "model", 3, "text in quotes"),
        ("models", "allow_noncommercial", 1, "true or false"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(section: str, key: str, value: object, wanted: str) -> None:
    text = refused({section: {key: value}})
    assert f"[{section}] {key}" in text
    assert wanted in text


@pytest.mark.parametrize(("section", "key"), CHOICES)
def test_a_word_outside_of_the_choices_is_refused_with_them(section: str, key: str) -> None:
    text = refused({section: {key: "zzzz"}})
    assert all(choice in text for choice in CHOICES[section, key])
    for choice in CHOICES[section, key]:
        assert load_config(overrides={section: {key: choice}})


@pytest.mark.parametrize(("section", "key"), LIMITS)
def test_numbers_are_taken_up_to_their_limits_and_no_farther(section: str, key: str) -> None:
    low, high = LIMITS[section, key]
    for good in (low, high):
        assert getattr(getattr(load_config(overrides={section: {key: good}}), section), key) == good
    for bad in (low - 1, high + 1):
        assert f"lies between {low} and {high}" in refused({section: {key: bad}})


def test_the_languages_are_those_that_the_engines_know() -> None:
    from faster_whisper.tokenizer import _LANGUAGE_CODES
    from whisper.tokenizer import LANGUAGES as OPENAI_LANGUAGES

    assert set(LANGUAGES) == set(_LANGUAGE_CODES) == set(OPENAI_LANGUAGES)


def test_a_model_for_english_only_is_refused_for_other_languages() -> None:
    assert "knows only English, not 'de'" in refused({"asr": {"model": "tiny.en", "language": "de"}})
    for model, language in (("tiny.en", "en"), ("tiny.en", "auto"), ("base", "de")):
        assert load_config(overrides={"asr": {"model": model, "language": language}}).asr.language == language


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:11434/v1", "http://127.9.8.7:1/v1", "http://localhost:8000/v1", "https://localhost", "http://[::1]:8080/v1",
    ],
)  # fmt: skip
def test_a_writer_on_this_computer_is_taken(address: str) -> None:
    config = load_config(overrides={"writer": {"engine": "openai-compatible", "address": address}})
    assert writer_elsewhere(config.writer) is None


@pytest.mark.parametrize(
    "address",
    [
        "http://192.168.1.7:11434/v1", "https://api.example.org/v1", "http://0.0.0.0:11434/v1", "http://127.1/v1", "http://[::2]/v1",
        "http://2130706433/v1", "http://0x7f000001/v1", "http://localhost.example.org/v1", "http://127.0.0.1.example.org/v1",
        "http://localhost./v1", "http://[::ffff:192.0.2.1]/v1", "http://128.0.0.1/v1", "http://myhost/v1",
    ],
)  # fmt: skip
def test_a_writer_beyond_this_computer_needs_leave(address: str) -> None:
    assert "names another computer" in refused({"writer": {"address": address}})
    leave = {"engine": "openai-compatible", "address": address, "allow_remote": True}
    assert writer_elsewhere(load_config(overrides={"writer": leave}).writer) in address


@pytest.mark.parametrize(
    "address",
    [
        "", "127.0.0.1:11434", "localhost:11434/v1", "ftp://127.0.0.1/v1", "file:///etc/passwd", "http://", "http:///v1",
        "http://user:key@127.0.0.1/v1", "http://127.0.0.1@example.org/v1", "http://127.0.0.1:port/v1", "http://127.0.0.1:99999/v1",
        "http://127.0.0.1/v1?key=secret", "http://127.0.0.1/v1#x", "http://127.0.0.1/ v1", "http://127.0.0.1/v1\r\nX: y",
        "http://[::1/v1", "http://exämple.org/v1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("allow_remote", [True, False])
def test_what_is_no_servers_address_is_refused_whatever_is_allowed(address: str, allow_remote: bool) -> None:
    text = refused({"writer": {"address": address, "allow_remote": allow_remote}})
    assert "has to be that of an http or https server" in text
    assert "secret" not in text and "key@" not in text


def test_a_remote_address_that_is_not_used_sends_nothing() -> None:
    config = load_config(overrides={"writer": {"address": "https://example.org/v1", "allow_remote": True}})
    assert writer_elsewhere(config.writer) is None


def test_every_choice_and_limit_names_a_setting_that_exists() -> None:
    for section, key in (*CHOICES, *LIMITS):
        assert hasattr(getattr(Config(), section), key)


@pytest.mark.parametrize("content", [b"[asr\n", b"\xff\xfe", b"[asr]\nbeam_size = 1\nbeam_size = 2\n"])
def test_a_file_that_is_not_toml_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"mine\.toml is not valid TOML"):
        load_config(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read") as caught:
            load_config(path)
        assert caught.value.hint
        assert caught.value.exit_code == 2


def test_equal_settings_have_equal_hashes_and_others_do_not() -> None:
    assert config_sha256(AsrConfig(), "mix") == config_sha256(AsrConfig(), "mix")
    assert config_sha256(AsrConfig()) != config_sha256(AsrConfig(beam_size=1))
    assert config_sha256("a", "b") != config_sha256("b", "a")
    assert re.fullmatch(r"[0-9a-f]{64}", config_sha256())


def test_files_that_travel_with_the_program_are_found() -> None:
    assert data_path("configs", "default.toml").is_file()
    assert data_path().is_absolute()


def test_folders_follow_what_is_asked_then_the_environment_then_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESSONMIRROR_LIBRARY", str(tmp_path / "a"))
    monkeypatch.setenv("LESSONMIRROR_CACHE", str(tmp_path / "c"))
    assert library_folder(str(tmp_path / "b")) == tmp_path / "b"
    assert library_folder() == tmp_path / "a"
    assert cache_folder() == tmp_path / "c"
    monkeypatch.delenv("LESSONMIRROR_LIBRARY")
    monkeypatch.delenv("LESSONMIRROR_CACHE")
    assert library_folder(str(tmp_path / "b")) == tmp_path / "b"
    assert library_folder().is_absolute()
    assert library_folder() != cache_folder()
    assert "lessonmirror" in cache_folder().parts


def test_the_variable_goes_before_the_settings_file_and_the_call_before_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"[library]\nfolder = '{tmp_path / 'file'}'\n", encoding="utf-8")
    monkeypatch.delenv("LESSONMIRROR_LIBRARY", raising=False)
    assert library_folder(load_config(path).library.folder) == tmp_path / "file"
    monkeypatch.setenv("LESSONMIRROR_LIBRARY", str(tmp_path / "variable"))
    assert library_folder(load_config(path).library.folder) == tmp_path / "variable"
    called = load_config(path, {"library": {"folder": str(tmp_path / "call")}})
    assert library_folder(called.library.folder) == tmp_path / "call"
