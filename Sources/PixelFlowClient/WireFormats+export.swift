// Pipelines are JSON values, and every value of the service keeps its own: whoever imports the client works with them.
@_exported public import WireFormats
