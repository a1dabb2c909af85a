"""Parses Predict's JSON body with RapidJSON, as tensorflow_model_server does, so leniency and error texts are equal."""

from typing import Any, Final

import rapidjson

from serving.errors import invalid
from serving.rest.text import quoted

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_MORE: Final = "The document root must not be followed by other values."


class _Decoder(rapidjson.Decoder):
    """Makes objects in which the first of several members with the same name counts."""

    def start_object(self) -> list[tuple[str, Any]]:
        # a list, because a dict would drop a member and free a value that the library still fills
        return []

    def end_object(self, members: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(members)
        return value if len(value) == len(members) else dict(reversed(members))


_DECODER: Final = _Decoder(number_mode=rapidjson.NM_NATIVE | rapidjson.NM_NAN)


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object at the beginning of a body; anything after it is ignored. Raises INVALID_ARGUMENT."""
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    value = _first_value(body.removeprefix(_BYTE_ORDER_MARK))
    if not isinstance(value, dict):
        raise invalid(f"JSON Value: {quoted(value)} Is not object")
    if not isinstance(value.get("signature_name", ""), str):
        raise invalid(
            f"JSON Value: {quoted(value)} not formatted correctly. 'signature_name' key must be a string value."
        )
    return value


def _first_value(content: bytes) -> Any:
    try:
        return _DECODER(content)
    except rapidjson.JSONDecodeError as error:
        offset, text = _details(error)
        if text == _MORE:
            return _first_value(content[:offset])
        raise invalid(f"JSON Parse error: {text} at offset: {offset}") from error
    except RecursionError as error:
        raise invalid("JSON Parse error: The lists and objects are nested too deeply") from error
    except UnicodeDecodeError as error:
        raise invalid("JSON Parse error: A string is not UTF-8") from error


def _details(error: rapidjson.JSONDecodeError) -> tuple[int, str]:
    offset, _, text = str(error).removeprefix("Parse error at offset ").partition(": ")
    return int(offset), text
