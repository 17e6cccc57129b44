from sandbox.wire import Call, Wire
from sandbox.zendesk import ZendeskSandbox


def test_a_tally_masks_ids_and_keeps_the_kinds_of_calls_apart() -> None:
    wire = Wire(ZendeskSandbox().app)
    for path in (
        "/v1/vector_stores/vs_1a/file_batches",
        "/v1/vector_stores/vs_2b/file_batches",
        "/v1/vector_stores/vs_1a/files/file-9c",
        "/v1/vector_stores/vs_1a/file_batches/vsfb_3d",
        "/api/v2/help_center/articles/360001.json",
    ):
        wire.calls.append(Call("GET", path, "", "", 200))

    assert wire.tally() == {
        "GET /v1/vector_stores/#/file_batches": 2,
        "GET /v1/vector_stores/#/files/#": 1,
        "GET /v1/vector_stores/#/file_batches/#": 1,
        "GET /api/v2/help_center/articles/#.json": 1,
    }
