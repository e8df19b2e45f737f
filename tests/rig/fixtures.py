"""What tests with a rig are marked with."""

from __future__ import annotations

import pytest

from . import needs

needs_rig = pytest.mark.skipif(bool(needs.missing()), reason=f"no rig here: {needs.missing()}")
needs_toxiproxy = pytest.mark.skipif(not needs.toxiproxy(), reason="needs toxiproxy (tests/run builds it where Go is)")
needs_faketime = pytest.mark.skipif(not needs.faketime(), reason="needs libfaketime (package libfaketime)")
needs_sudo = pytest.mark.skipif(not needs.sudo(), reason="needs sudo")
