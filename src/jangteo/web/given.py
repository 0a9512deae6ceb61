"""What handlers are given by name."""

from typing import Any, TypeAlias

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from jangteo.web.visit import Visit

VisitOf: TypeAlias = NamedDependency[SkipValidation[Visit]]
Asked: TypeAlias = Request[Any, Any, Any]
