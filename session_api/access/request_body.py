"""Request bodies of visitors' endpoints: read only once a page may ask, so not by FastAPI, which reads them first."""

from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def parse(model: type[Model], body: bytes) -> Model:
    """Return what was sent; none is like an empty object. Raises RequestValidationError."""
    try:
        return model.model_validate_json(b"{}" if body.strip() in {b"", b"null"} else body)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in found]) from None


def described(model: type[BaseModel]) -> dict[str, Any]:
    """Return what the API description says of a body that is read so."""
    return {"requestBody": {"content": {"application/json": {"schema": model.model_json_schema()}}}}
