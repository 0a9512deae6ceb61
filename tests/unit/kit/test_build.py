"""Which code runs is read from the work tree itself, however it lies there."""

import pytest

from jangteo.kit import build

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def tree(tmp_path):
    """A work tree of a project, as git lays it out, without git."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / ".git").mkdir()
    return tmp_path


def test_a_branch_is_followed_to_its_commit(tree):
    (tree / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (tree / ".git/refs/heads").mkdir(parents=True)
    (tree / ".git/refs/heads/main").write_text(f"{COMMIT}\n")
    assert build._commit_of(tree) == COMMIT


def test_a_packed_branch_is_found(tree):
    (tree / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (tree / ".git/packed-refs").write_text(f"# pack-refs with: peeled\n{'f' * 40} refs/heads/my/main\n")
    assert build._commit_of(tree) == ""
    with (tree / ".git/packed-refs").open("a") as packed:
        packed.write(f"{COMMIT} refs/heads/main\n")
    assert build._commit_of(tree) == COMMIT


def test_a_commit_checked_out_by_itself_is_told(tree):
    (tree / ".git/HEAD").write_text(f"{COMMIT}\n")
    assert build._commit_of(tree) == COMMIT


def test_a_further_work_tree_shares_the_branches_of_the_first(tree, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "pyproject.toml").touch()
    own = tree / ".git/worktrees/other"
    own.mkdir(parents=True)
    (other / ".git").write_text(f"gitdir: {own}\n")
    (own / "HEAD").write_text("ref: refs/heads/other\n")
    (own / "commondir").write_text("../..\n")
    (tree / ".git/refs/heads").mkdir(parents=True)
    (tree / ".git/refs/heads/other").write_text(f"{COMMIT}\n")
    assert build._commit_of(other) == COMMIT


def test_somebody_elses_work_tree_around_an_installed_package_is_not_ours(tree):
    (tree / "pyproject.toml").unlink()
    (tree / ".git/HEAD").write_text(f"{COMMIT}\n")
    assert build._commit_of(tree) == ""


def test_an_image_is_told_its_commit():
    assert build.build(COMMIT).commit == COMMIT[: build.SHOWN]
