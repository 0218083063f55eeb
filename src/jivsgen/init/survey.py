"""The operations of a document: those that a first profile may call, and why it does not call the others."""

from __future__ import annotations

from msgspec import Struct, field

from jivsgen.diagnostics import Diagnostics
from jivsgen.init.access import Login, ends_session, why_unservable
from jivsgen.init.answers import Key
from jivsgen.spec import Api, Operation


class Survey(Struct):
    """`operations` and `tags` are what the user chose; empty: everything. `usable` shrinks when an operation turns out
    not to compile, and `left_out` says why."""

    api: Api
    operations: tuple[Key, ...]
    tags: tuple[str, ...]
    readable: dict[Key, Operation] = field(default_factory=dict)
    usable: dict[Key, Operation] = field(default_factory=dict)
    left_out: dict[Key, str] = field(default_factory=dict)

    def read(self) -> None:
        """Read every operation. What is broken in one is a reason to leave it out, and nobody else's trouble."""
        for key in self.api.index:
            found = Diagnostics()
            self.api.diagnostics = self.api.documents.diagnostics = found
            operation = self.api.operation(key)
            if operation is not None and not found.has_errors():
                self.readable[key] = operation
            elif self._asked_for(key, operation):
                self.left_out[key] = next((one.message for one in found), "it cannot be read")
        self.api.report_to(Diagnostics())

    def choose(self, login: Login | None) -> None:
        """Fill `usable`: what was asked for, without what no first journey should call."""
        for key, operation in self.readable.items():
            if not self._asked_for(key, operation):
                continue
            if reason := self._reason(operation, login):
                self.left_out[key] = reason
            else:
                self.usable[key] = operation
        current = {key: one for key, one in self.usable.items() if not one.node.flag("deprecated")}
        if current and not self.operations:
            gone = [key for key in self.usable if key not in current]
            self.left_out |= dict.fromkeys(gone, "it is deprecated")
            self.usable = current

    def drop(self, key: Key, reason: str) -> None:
        """An operation that does not compile."""
        self.left_out[key] = reason
        del self.usable[key]

    def _asked_for(self, key: Key, operation: Operation | None) -> bool:
        if self.operations:
            return key in self.operations
        return not self.tags or bool(operation and set(self.tags) & set(operation.tags))

    def _reason(self, operation: Operation, login: Login | None) -> str:
        if reason := why_unservable(self.api, operation):
            return reason
        if self.operations:
            return ""
        if not operation.successes and operation.response(200) is None:
            return "it documents no 2xx answer"
        if operation.method in ("HEAD", "OPTIONS", "TRACE"):
            return f"a load of {operation.method} says little"
        if login and operation is login.operation:
            return "it is taken for the login"
        return "it ends the session that all users share" if ends_session(operation) else ""
