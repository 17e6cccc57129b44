"""What every index promises. `Truth` looks behind the index and arranges what its users cannot."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import pytest

from sync.errors import Missing, Rejected
from sync.model import Attributes, Chunking, FileId, FileState, Filter, Index, Rendered, StoreId

CHUNKING = Chunking()
INSTALLATION = "test1"


class Truth(Protocol):
    """The index as it really is, past its own methods."""

    def stores(self) -> Mapping[str, Mapping[str, Attributes]]:
        """Every store with the attributes of its files."""
        ...

    def uploads(self) -> Mapping[str, str]:
        """Every uploaded file with its filename."""
        ...

    def foreign(self, filename: str, store: StoreId | None = None) -> FileId:
        """Upload a file that is not ours, and put it into the store if one is given."""
        ...

    def refuse(self, filename: str) -> None:
        """From now on fail that file for good when it is attached."""
        ...

    def stick(self, filename: str) -> None:
        """From now on leave that file in progress for ever when it is attached."""
        ...

    def stumble(self, filename: str) -> None:
        """From now on fail that file in passing when it is attached."""
        ...


def rendered(name: str, text: str = "how to reset a password", **attributes: str | float | bool) -> Rendered:
    """A file of ours; its attributes say which document it holds."""
    filename = f"aw-{INSTALLATION}-{name}.md"
    return Rendered(filename, f"# {name}\n\n{text}\n".encode(), {"document": name, **attributes}, f"c-{name}", "m")


class IndexContract:
    """Subclass with the fixtures `index` and `truth`; the index is of the installation INSTALLATION."""

    @pytest.fixture
    def store(self, index: Index) -> StoreId:
        return index.create("public")

    def test_a_store_can_be_used_until_it_is_not_there(self, index: Index, store: StoreId) -> None:
        assert index.store_problem(store) == ""

        index.drop(store)

        assert "not there" in index.store_problem(store)

    def put(self, index: Index, store: StoreId, file: Rendered) -> FileId:
        uploaded = index.upload(file)
        assert index.attach(store, {uploaded: file.attributes}, CHUNKING) == {uploaded: None}
        return uploaded

    def test_creating_a_store_twice_makes_one(self, index: Index, truth: Truth) -> None:
        first = index.create("public")
        second = index.create("public")

        assert first == second
        assert list(truth.stores()) == [first]

    def test_stores_of_different_names_are_different(self, index: Index, truth: Truth) -> None:
        assert index.create("public") != index.create("internal")
        assert len(truth.stores()) == 2

    def test_many_threads_create_one_store(self, index: Index, truth: Truth) -> None:
        with ThreadPoolExecutor(8) as pool:
            created = set(pool.map(index.create, ["public"] * 8))

        assert list(truth.stores()) == [*created]

    def test_an_upload_is_not_searchable_until_it_is_attached(self, index: Index, truth: Truth, store: StoreId) -> None:
        file = index.upload(rendered("a"))

        assert truth.uploads() == {file: "aw-test1-a.md"}
        assert index.search(store, "reset password", None, 10) == []
        assert index.status(store, file).state is FileState.ABSENT

    def test_an_attached_file_is_found_with_its_attributes(self, index: Index, truth: Truth, store: StoreId) -> None:
        file = self.put(index, store, rendered("a", "reset the password", audience="public", rank=2, live=True))

        (hit,) = index.search(store, "reset password", None, 10)

        assert (hit.file, hit.filename) == (file, "aw-test1-a.md")
        assert "reset the password" in hit.text
        assert dict(hit.attributes) == {"document": "a", "audience": "public", "rank": 2, "live": True}
        assert truth.stores()[store][file] == hit.attributes
        assert index.status(store, file).state is FileState.COMPLETED

    def test_a_file_can_be_attached_to_several_stores(self, index: Index, truth: Truth, store: StoreId) -> None:
        other = index.create("internal")
        file = self.put(index, store, rendered("a"))

        assert index.attach(other, {file: {"document": "a"}}, CHUNKING) == {file: None}
        assert list(truth.uploads()) == [file]
        assert index.search(other, "reset password", None, 10)

    def test_other_chunks_than_the_usual_are_possible(self, index: Index, store: StoreId) -> None:
        file = index.upload(rendered("a"))

        assert index.attach(store, {file: {}}, Chunking(tokens=200, overlap=50)) == {file: None}

    @pytest.mark.parametrize("content", [b"", b" \n\t\r\n ", "\ufeff\n".encode()])
    def test_an_empty_file_is_rejected_before_it_is_sent(self, index: Index, truth: Truth, content: bytes) -> None:
        with pytest.raises(Rejected):
            index.upload(Rendered("aw-test1-a.md", content, {}, "c", "m"))
        assert truth.uploads() == {}

    def test_a_refused_file_is_answered_with_the_reason_and_the_others_are_attached(
        self, index: Index, truth: Truth, store: StoreId
    ) -> None:
        truth.refuse("aw-test1-bad.md")
        good, bad = index.upload(rendered("good")), index.upload(rendered("bad"))

        outcome = index.attach(store, {good: {}, bad: {}}, CHUNKING)

        assert outcome[good] is None
        assert "unsupported_file" in str(outcome[bad])
        assert index.status(store, bad).state is FileState.FAILED
        assert index.status(store, bad).passing is False
        assert str(outcome[bad]) == index.status(store, bad).reason

    def test_a_file_that_fails_in_passing_is_left_out(self, index: Index, truth: Truth, store: StoreId) -> None:
        truth.stumble("aw-test1-bad.md")
        good, bad = index.upload(rendered("good")), index.upload(rendered("bad"))

        assert index.attach(store, {good: {}, bad: {}}, CHUNKING) == {good: None}
        assert index.status(store, bad).passing is True

    def test_a_stuck_file_is_left_out_and_the_others_are_not_kept_waiting_for_ever(
        self, index: Index, truth: Truth, store: StoreId
    ) -> None:
        truth.stick("aw-test1-slow.md")
        good, slow = index.upload(rendered("good")), index.upload(rendered("slow"))

        assert index.attach(store, {good: {}, slow: {}}, CHUNKING) == {good: None}
        assert index.status(store, slow).state is FileState.IN_PROGRESS

    def test_a_lost_upload_is_left_out_and_known_to_be_lost(self, index: Index, truth: Truth, store: StoreId) -> None:
        files = {index.upload(rendered(f"n{number}")): {"n": number} for number in range(9)}
        lost = list(files)[4]
        index.delete(lost)

        outcome = index.attach(store, files, CHUNKING)

        assert outcome == dict.fromkeys(files.keys() - {lost})
        assert truth.stores()[store] == {file: files[file] for file in outcome}
        assert index.status(store, lost).state is FileState.ABSENT
        assert index.exists(lost) is False
        assert all(index.exists(file) for file in outcome)

    def test_attaching_nothing_is_nothing(self, index: Index, store: StoreId) -> None:
        assert index.attach(store, {}, CHUNKING) == {}

    def test_a_patch_replaces_the_attributes_without_an_upload(
        self, index: Index, truth: Truth, store: StoreId
    ) -> None:
        file = self.put(index, store, rendered("a", audience="public"))
        before = truth.uploads()

        index.patch(store, file, {"document": "a", "title": "New"})

        assert truth.stores()[store][file] == {"document": "a", "title": "New"}
        assert truth.uploads() == before
        assert index.search(store, "reset password", Filter({"audience": "public"}), 10) == []
        assert index.search(store, "reset password", Filter({"title": "New"}), 10)

    def test_a_detached_file_is_neither_found_nor_deleted(self, index: Index, truth: Truth, store: StoreId) -> None:
        file = self.put(index, store, rendered("a"))

        index.detach(store, file)

        assert index.search(store, "reset password", None, 10) == []
        assert list(truth.uploads()) == [file]
        assert index.status(store, file).state is FileState.ABSENT

    def test_a_deleted_file_leaves_every_store(self, index: Index, truth: Truth, store: StoreId) -> None:
        file = self.put(index, store, rendered("a"))

        index.delete(file)

        assert truth.uploads() == {}
        assert index.search(store, "reset password", None, 10) == []
        assert list(index.files(store)) == []

    def test_a_dropped_store_leaves_its_files_uploaded(self, index: Index, truth: Truth, store: StoreId) -> None:
        file = self.put(index, store, rendered("a"))

        index.drop(store)

        assert truth.stores() == {}
        assert list(truth.uploads()) == [file]

    def test_what_is_absent_already_can_be_removed_again(self, index: Index, store: StoreId) -> None:
        file = self.put(index, store, rendered("a"))

        for _ in range(2):
            index.detach(store, file)
        for _ in range(2):
            index.delete(file)
        index.detach(store, file)
        for _ in range(2):
            index.drop(store)
        index.detach(store, file)

    def test_a_missing_store_or_file_is_said_to_be_missing(self, index: Index, store: StoreId) -> None:
        file = index.upload(rendered("a"))

        with pytest.raises(Missing):
            index.patch(store, file, {})
        index.drop(store)
        with pytest.raises(Missing):
            index.attach(store, {file: {}}, CHUNKING)
        with pytest.raises(Missing):
            list(index.files(store))
        with pytest.raises(Missing):
            index.search(store, "reset password", None, 10)
        assert index.exists(file)

    def test_a_long_store_lists_each_file_once(self, index: Index, store: StoreId) -> None:
        files = {index.upload(rendered(f"n{number}")): {"n": number} for number in range(203)}

        assert index.attach(store, files, CHUNKING) == dict.fromkeys(files)

        listed = list(index.files(store))
        assert len(listed) == 203
        assert {stored.file: stored.attributes for stored in listed} == files
        assert {stored.state for stored in listed} == {FileState.COMPLETED}

    def test_the_files_of_others_are_listed_and_left_alone(self, index: Index, truth: Truth, store: StoreId) -> None:
        theirs = truth.foreign("handbook.md", store)
        mine = self.put(index, store, rendered("a"))

        assert {stored.file for stored in index.files(store)} == {theirs, mine}
        assert {stored.file: dict(stored.attributes) for stored in index.files(store)}[theirs] == {}
        index.detach(store, mine)
        index.delete(mine)
        assert list(truth.stores()[store]) == [theirs]
        assert list(truth.uploads()) == [theirs]

    def test_only_uploads_of_this_installation_are_ours(self, index: Index, truth: Truth) -> None:
        truth.foreign("handbook.md")
        truth.foreign("aw-test12-b.md")
        mine = index.upload(rendered("a"))

        assert [(upload.file, upload.filename) for upload in index.uploads()] == [(mine, "aw-test1-a.md")]

    def test_a_search_keeps_to_its_filters_and_its_limit(self, index: Index, store: StoreId) -> None:
        for number in range(6):
            audience = "public" if number % 2 else "internal"
            self.put(index, store, rendered(f"n{number}", audience=audience, source="one"))

        def found(filters: Filter | None, limit: int) -> set[object]:
            return {hit.attributes["document"] for hit in index.search(store, "reset password", filters, limit)}

        assert found(None, 50) == {"n0", "n1", "n2", "n3", "n4", "n5"}
        assert found(Filter({"audience": "public"}), 50) == {"n1", "n3", "n5"}
        assert found(Filter({"audience": "public", "source": "one"}), 50) == {"n1", "n3", "n5"}
        assert found(Filter({"audience": "public", "source": "two"}), 50) == set()
        assert found(Filter({}), 50) == found(None, 50)
        assert len(found(None, 2)) == 2
        assert found(None, 0) == set()

    def test_the_best_passage_comes_first(self, index: Index, store: StoreId) -> None:
        self.put(index, store, rendered("bills", "your invoice is in the post"))
        self.put(index, store, rendered("keys", "reset a forgotten password here: reset, then choose a password"))
        self.put(index, store, rendered("mail", "write to us about your password"))

        hits = index.search(store, "reset password", None, 500)

        assert hits[0].attributes["document"] == "keys"
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)

    def test_a_blank_query_finds_nothing(self, index: Index, store: StoreId) -> None:
        self.put(index, store, rendered("a"))

        assert index.search(store, " \n", None, 10) == []

    def test_many_threads_put_many_files(self, index: Index, truth: Truth, store: StoreId) -> None:
        names = [f"n{number}" for number in range(40)]

        with ThreadPoolExecutor(8) as pool:
            files = list(pool.map(lambda name: self.put(index, store, rendered(name)), names))

        assert len(set(files)) == 40
        assert {attributes["document"] for attributes in truth.stores()[store].values()} == set(names)
        assert set(truth.uploads()) == set(files)
