"""Our own check for schemathesis, which loads this file by ``SCHEMATHESIS_HOOKS``.

schemathesis knows no difference between a shape that is refused and a meaning: an end before its start, a cursor that no
list made. A refused shape lists the places in ``errors``; that may not happen to what the document allows.
"""

from typing import Any

import schemathesis

__all__ = ["what_the_document_allows_is_not_refused_for_its_shape"]


@schemathesis.check
def what_the_document_allows_is_not_refused_for_its_shape(_context: Any, response: Any, case: Any) -> None:
    """Fail when a valid request is answered by 422 with places."""
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    assert not response.json().get("errors"), f"refused for its shape: {response.text}"
