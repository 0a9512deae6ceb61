"""Strict request bodies: JSON decoded once, straight into the declared type, nothing coerced, nothing unknown."""

from collections.abc import Collection, Generator
from typing import Any, ClassVar, TypeVar

import msgspec
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.typing import FieldDefinition

from jangteo.kit.http.problems import BodyMalformed, validation_error

BodyT = TypeVar("BodyT")


def decoded(body: bytes, decoder: msgspec.json.Decoder[BodyT]) -> BodyT:
    """Decode a body. Raises BodyMalformed, or the error that names the field at fault."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise validation_error(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BodyMalformed() from None


class StrictBody(AbstractDTO[Any]):
    """Litestar's place for reading a body, used without its transfer models."""

    _decoders: ClassVar[dict[str, msgspec.json.Decoder[Any]]] = {}

    def decode_bytes(self, value: bytes) -> Any:
        """Decode a body. Raises BodyMalformed, or the error that names the field at fault."""
        return decoded(value, self._decoders[self.asgi_connection.route_handler.handler_id])

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Make the decoder of one route's body."""
        cls._decoders[handler_id] = msgspec.json.Decoder(field_definition.annotation)

    @classmethod
    def create_openapi_schema(cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any) -> Any:
        """Describe the body by its own type."""
        return schema_creator.for_field_definition(field_definition)

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition, None, None]:
        """Yield nothing: there is no transfer model."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        """Say no: there is no transfer model."""
        return False

    @classmethod
    def is_supported_model_type_field(cls, field_definition: FieldDefinition) -> bool:
        """Say yes to whatever msgspec reads."""
        return True

    @classmethod
    def resolve_model_type(cls, field_definition: FieldDefinition) -> FieldDefinition:
        """Return the declared type."""
        return field_definition

    @classmethod
    def get_dto_config_overrides(cls) -> Collection[str]:
        """Return nothing: there is nothing to configure."""
        return ()
