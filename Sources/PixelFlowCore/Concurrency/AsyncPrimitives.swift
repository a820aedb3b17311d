// Everything that uses Core waits, retries and signals by these. They are a module of their own for the libraries that do not know Core.
@_exported public import AsyncPrimitives
