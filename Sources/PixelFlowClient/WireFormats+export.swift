// Pipelines and `json` properties are JSON values, so users of the client need this type.
@_exported public import WireFormats
