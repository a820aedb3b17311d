// Objects without a type are JSON values: whoever imports the client works with them.
@_exported public import JSONValues
