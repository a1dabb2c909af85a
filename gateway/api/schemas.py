"""OpenAPI 3.1 schemas of the gateway's JSON requests and answers, for the served model or, without one, for any."""

from typing import Any, Final

from gateway.model import LARGEST, ServedModel
from gateway.settings import Settings

Schema = dict[str, Any]

INTEGER: Final[Schema] = {"type": "integer"}
BOOLEAN: Final[Schema] = {"type": "boolean"}
TEXT: Final[Schema] = {"type": "string"}
NUMBER: Final[Schema] = {"type": "number"}


def ref(name: str, kind: str = "schemas") -> Schema:
    """Return a reference to a component of the document."""
    return {"$ref": f"#/components/{kind}/{name}"}


def _object(required: Schema, optional: Schema | None = None, more: bool = False, description: str = "") -> Schema:
    schema = {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": more,
    }
    return schema | ({"description": description} if description else {})


def _list(items: Schema, low: int = 0, high: int | None = None, description: str = "") -> Schema:
    schema = {"type": "array", "items": items, "minItems": low} | ({} if high is None else {"maxItems": high})
    return schema | ({"description": description} if description else {})


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _lengths(served: ServedModel | None) -> tuple[int, int | None]:
    return (1, None) if served is None else (served.width, served.width)


def schemas(settings: Settings, served: ServedModel | None) -> Schema:
    """Return all schemas by name."""
    return (
        _beat_schemas(served)
        | _request_schemas(settings)
        | _answer_schemas(served)
        | _model_schemas(served)
        | _state_schemas()
    )


def _beat_schemas(served: ServedModel | None) -> Schema:
    either = [ref("Values"), ref("NamedValues")]
    if served is not None and served.feature_names is None:  # the model has no names, so named values are refused
        either = [ref("Values")]
    return {
        "Number": NUMBER | {"minimum": -LARGEST, "maximum": LARGEST, "description": "A finite float32."},
        "Values": _list(
            ref("Number"), *_lengths(served), "One beat: the values of its samples, in the order of the training data."
        ),
        "NamedValues": _named(served),
        "Beat": {"anyOf": either},
    }


def _named(served: ServedModel | None) -> Schema:
    """Require exactly the served model's feature names.

    `required` with a fixed number of properties has the same effect as listing a schema for each name, and is shorter.
    """
    names = None if served is None else served.feature_names
    schema: Schema = {
        "type": "object",
        "description": "One beat: its values by feature name, in any order.",
        "additionalProperties": ref("Number"),
        "minProperties": 1,
    }
    if not names:
        return schema
    required = list(dict.fromkeys(names))
    return schema | {"required": required, "minProperties": len(required), "maxProperties": len(required)}


def _request_schemas(settings: Settings) -> Schema:
    """Return a schema for each kind of request, so that a generated client has a class for each."""

    def batch(most: int) -> Schema:
        return _object({"instances": _list(ref("Beat"), 1, most)}, description=f"At most {most} beats.")

    return {
        "OneBeat": _object({"features": ref("Beat")}, description="One beat."),
        "Batch": batch(settings.max_batch),
        "ExplainBatch": batch(settings.max_explained),
        "PredictRequest": {"anyOf": [ref("OneBeat"), ref("Batch")]},
        "ExplainRequest": {"anyOf": [ref("OneBeat"), ref("ExplainBatch")]},
    }


def _answer_schemas(served: ServedModel | None) -> Schema:
    labels = () if served is None else served.class_labels or ()
    # a mapping, so that a client generated for these labels can also read the labels of the next version
    keyed: Schema = {"type": "object", "additionalProperties": ref("Probability"), "minProperties": len(labels) or 1}
    if labels:
        keyed["propertyNames"] = {"enum": [str(label) for label in labels]}
    predicted = {"predicted_class": ref("Class"), "probability": ref("Probability")}
    named = {"class_name": TEXT | {"description": "The name of the predicted class, where the model has one."}}
    details = predicted | {
        "probabilities": ref("Probabilities"),
        "abstain": BOOLEAN | {"description": "Whether the probability is below the setting ECG_ABSTAIN_BELOW."},
        "unusual": BOOLEAN | {"description": "Whether the beat is out of distribution: its score is above 1."},
        "unusual_score": NUMBER | {"description": "Out-of-distribution score: distance from the training beats."},
    }
    score = NUMBER | {"description": "Log-odds of the predicted class."}
    explained = predicted | {
        "attributions": _list(NUMBER, *_lengths(served), "Each value's part; the sum is score - baseline_score."),
        "score": score,
        "baseline_score": NUMBER | {"description": "The same for the mean training beat."},
    }
    return {
        "Class": INTEGER | {"description": "A class label of the data."},
        "Probability": NUMBER | {"minimum": 0, "maximum": 1},
        "Probabilities": keyed | {"description": "A probability for each class label."},
        "Prediction": _object(predicted, named | {"probabilities": ref("Probabilities")}),
        "Details": _object(details, named),
        "Explanation": _object(explained, named),
        "Predictions": _object({"predictions": _list(ref("Prediction"), 1)}),
        "DetailedPredictions": _object({"predictions": _list(ref("Details"), 1)}),
        "Explanations": _object({"explanations": _list(ref("Explanation"), 1)}),
    }


def _model_schemas(served: ServedModel | None) -> Schema:
    low, high = _lengths(served)
    count = INTEGER | {"minimum": low} | ({} if high is None else {"maximum": high})
    model = {
        "name": TEXT,
        "version": INTEGER,
        "features": _object({"count": count, "names": _or_null(_list(TEXT))}),
        "classes": _or_null(_list(ref("Class"))),
        "class_names": _or_null({"type": "object", "additionalProperties": TEXT}),
        "signatures": _list(TEXT, 1),
        "metrics": {"description": "Metrics of the training."},
        "data": {"description": "The training data."},
    }
    example = _object({"features": ref("Values")}, {"label": INTEGER, **_predicted_by_training()}, more=True)
    examples = {"examples": _list(ref("Example")), "baseline": _or_null(ref("Values"))}
    return {"Model": _object(model, more=True), "Example": example, "Examples": _object(examples)}


def _predicted_by_training() -> Schema:
    return {"predicted_class": INTEGER, "probability": ref("Probability")}


def _state_schemas() -> Schema:
    where = {
        "instance": INTEGER | {"description": "The beat's position in the batch, from 0."},
        "index": INTEGER | {"description": "The value's position in the beat, from 0."},
        "field": TEXT | {"description": "The name of the wrong key, parameter, feature or header."},
        "available": _list(INTEGER, description="AVAILABLE model versions."),
        "signature": TEXT | {"description": "The signature that the model version lacks."},
        "limit": INTEGER | {"description": "The largest allowed body, in bytes."},
    }
    error = {"code": TEXT | {"pattern": "^[a-z_]+$"}, "message": TEXT, "request_id": TEXT}
    return {
        "Text": TEXT,
        "Document": {"type": "object"},
        "Health": _object({"status": {"const": "healthy"}}),
        "Ready": _object({"status": {"const": "ready"}, "model": TEXT, "versions": _list(INTEGER, 1)}),
        "Error": _object({"error": _object(error, where, more=True)}),
    }
