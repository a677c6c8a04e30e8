"""Files that a path or glob matches, and the errors where it matches none."""

from pathlib import Path

import pytest

from connectors.errors import MissingPermission, WrongSettings
from connectors.file.paths import matching_files
from tests.connectors.file.harness import pull, ticket, write, write_jsonl


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "2024" / "03").mkdir(parents=True)
    for name in ("b.jsonl", "a.csv.gz", "2024/c.jsonl.gz", "2024/03/d.csv", "notes.txt", ".hidden.csv", "x.jsonl.part"):
        (tmp_path / name).touch()
    return tmp_path


def names(folder: Path, *patterns: str) -> list[str]:
    return [
        path.relative_to(folder).as_posix() for path in matching_files(f"{folder}/{pattern}" for pattern in patterns)
    ]


def test_globs(folder: Path) -> None:
    assert names(folder, "*") == ["a.csv.gz", "b.jsonl"]
    assert names(folder, "**/*") == ["2024/03/d.csv", "2024/c.jsonl.gz", "a.csv.gz", "b.jsonl"]
    assert names(folder, "20??/*/*.csv") == ["2024/03/d.csv"]
    assert names(folder, "[ab].*") == ["a.csv.gz", "b.jsonl"]


def test_file_matched_twice_is_read_once(folder: Path) -> None:
    assert names(folder, "b.jsonl", "*.jsonl", "a.csv.gz") == ["a.csv.gz", "b.jsonl"]


def test_name_with_brackets_is_a_name_first(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "export [1].jsonl", ticket("A"))

    assert pull(path).ids == ["A"]


def test_path_can_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_jsonl(tmp_path / "t.jsonl", ticket("A"))
    monkeypatch.chdir(tmp_path)

    assert pull("t.jsonl").ids == pull("*.jsonl").ids == pull("./t.*").ids == ["A"]


@pytest.mark.parametrize("pattern", ["*.csv", "202?/*.csv", "t*/*.jsonl"])
def test_glob_without_files_names_no_others(folder: Path, pattern: str) -> None:
    with pytest.raises(WrongSettings, match=r"PATH .* matches no .*\.ods file$") as caught:
        names(folder, pattern)

    assert caught.value.remedy.startswith("Correct PATH, or put the file where it says")


def test_a_file_that_has_gone_is_named_with_those_of_a_similar_name_alone(tmp_path: Path) -> None:
    for name in ("export-05.csv", "export-06.csv", "run.log", "export-04.log", "treadmill.db", "zebra.csv", "e.csv"):
        write(tmp_path / name, "")
    with pytest.raises(WrongSettings) as caught:
        names(tmp_path, "export-04.csv")

    assert str(caught.value) == (
        f"PATH {tmp_path}/export-04.csv: the file is not there; {tmp_path} has export-06.csv, export-05.csv"
    )
    assert caught.value.remedy.endswith("The next pull goes on once the file is there.")
    with pytest.raises(WrongSettings, match=r"run\.txt: the file is not there$"):
        names(tmp_path, "run.txt")


def test_one_glob_without_files_raises_beside_others(folder: Path) -> None:
    with pytest.raises(WrongSettings, match=r"PATH .*/\*\.csv matches no"):
        names(folder, "*.jsonl", "*.csv")


def test_empty_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match=r"file; .* is empty$"):
        names(tmp_path, "*.csv")


def test_missing_directory_raises(folder: Path) -> None:
    for pattern in ("none/*.csv", "none/deep/t.csv"):
        with pytest.raises(WrongSettings, match=r"the directory .*none.* does not exist") as caught:
            names(folder, pattern)
        assert "mounted" in caught.value.remedy


def test_file_in_place_of_a_directory_raises(folder: Path) -> None:
    with pytest.raises(WrongSettings, match=r"notes\.txt is not a directory"):
        names(folder, "notes.txt/*.csv")


def test_directory_in_place_of_a_file_raises(folder: Path) -> None:
    with pytest.raises(WrongSettings, match=r"2024 is a folder$"):
        names(folder, "2024")


def test_file_of_another_kind_raises(folder: Path) -> None:
    with pytest.raises(WrongSettings, match=r"notes\.txt does not end in \.jsonl, \.ndjson, \.json, \.csv"):
        names(folder, "notes.txt")


@pytest.mark.parametrize("method", ["iterdir", "is_file"])
def test_unreadable_directory_raises(folder: Path, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, method, refuse)
    with pytest.raises(MissingPermission, match="cannot be read") as caught:
        names(folder, "*.csv")
    assert "list this directory" in caught.value.remedy


def test_folder_is_answered_with_the_glob_of_its_files(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "b.csv.gz", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(WrongSettings, match=r"is a folder$") as problem:
        matching_files([str(tmp_path)])

    assert f"Write {tmp_path}/*.csv.gz " in problem.value.remedy
