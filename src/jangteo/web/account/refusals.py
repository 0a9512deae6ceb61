"""A form that the mall refused is shown again: with what was typed, and what is wrong beside each field."""

from typing import Any

from litestar import Response

from jangteo.web.forms import Form
from jangteo.web.problem import LoginNeeded, Problem
from jangteo.web.visit import Visit


async def again(
    visit: Visit, template: str, problem: Problem, names: dict[str, str] | None = None, **values: Any
) -> Response[bytes]:
    """Show `template` with the refused form; `names` maps names of the form to those of the API.

    Raises LoginNeeded where the session has ended: then there is nobody whose form it is. A mall that does not answer
    is told on the form as well, so that nothing of it has to be typed again.
    """
    if isinstance(problem, LoginNeeded):
        raise problem
    note(visit, visit.form, problem, names)
    # 401 would be read as a question of the browser's own.
    status = 422 if problem.status in (400, 401) else problem.status
    return await visit.page(template, status=status, form=visit.form, **values)


def note(visit: Visit, form: Form, problem: Problem, names: dict[str, str] | None = None) -> None:
    """Write what is wrong on the form."""
    form.refuse(problem, **(names or {}))
    if not form.summary:
        form.summary = visit.t("account.form.trouble")
