"""A workspace: its people, its channels, and what was written in them."""

import re
import time
from datetime import datetime

from closeout_sandbox import clock
from closeout_sandbox.problems import Missing
from closeout_sandbox.store import Doc, Store

TEAM, BOT_USER, BOT = "T0SANDBOX", "U0CLOSEOUT", "B0CLOSEOUT"
BARE_LINK = re.compile(r"(?<![<|])https?://[^\s<>|]+")
# What the app may do; take one away to see a refusal.
SCOPES = (
    *("channels:history", "groups:history", "im:history", "channels:read", "groups:read", "im:write", "chat:write"),
    *("users:read", "users:read.email"),
)


class Workspace:
    def __init__(self, store: Store, id_offset: int = 0) -> None:
        self.store = store
        self.id_offset = id_offset

    def add_user(self, name: str, email: str, *, is_bot: bool = False, deleted: bool = False) -> Doc:
        number = self.store.next("slack.user.number", 1 + self.id_offset)
        user: Doc = {"id": f"U{number:08d}", "name": name, "email": email, "is_bot": is_bot, "deleted": deleted}
        return self.store.put("slack.user", user["id"], user)

    def users(self) -> list[Doc]:
        return self.store.all("slack.user")

    def user(self, user_id: str) -> Doc:
        """Raises Missing."""
        return self._found("slack.user", user_id)

    def by_email(self, email: str) -> Doc:
        """Raises Missing; somebody who has left has no address any more."""
        found = [one for one in self.users() if one["email"].lower() == email.lower() and not one["deleted"]]
        if not found:
            raise Missing(f"nobody has the address {email}")
        return found[0]

    def add_channel(self, name: str, *, is_member: bool = True, is_archived: bool = False, user: str = "") -> Doc:
        """`user`: it is a conversation with that person alone."""
        number = self.store.next("slack.channel.number", 1 + self.id_offset)
        channel: Doc = {
            "id": f"{'D' if user else 'C'}{number:08d}",
            "name": name,
            "is_member": is_member,
            "is_archived": is_archived,
            "user": user,
            "created": int(time.time()),
        }
        return self.store.put("slack.channel", channel["id"], channel)

    def channels(self) -> list[Doc]:
        """Those that have a name."""
        return [one for one in self.store.all("slack.channel") if one["name"]]

    def channel(self, channel_id: str) -> Doc:
        """By its id or its name. Raises Missing."""
        named = [one for one in self.channels() if one["name"] == channel_id.lstrip("#")]
        return named[0] if named else self._found("slack.channel", channel_id)

    def conversation_with(self, user_id: str) -> Doc:
        """The same one each time. Raises Missing."""
        user = self.user(user_id)
        known = [one for one in self.store.all("slack.channel") if one["user"] == user["id"]]
        return known[0] if known else self.add_channel("", user=user["id"])

    def write(self, channel: Doc, text: str, *, at: datetime | None = None, **fields: object) -> Doc:
        """`text` as somebody typed it: links are marked as Slack marks them. `thread_ts`: an answer in that thread."""
        seconds = int((at or clock.now()).timestamp())
        ts = f"{seconds}.{self.store.next('slack.message', 1):06d}"
        marked = BARE_LINK.sub(lambda link: f"<{link[0]}>", text)
        message = {"type": "message", "channel": channel["id"], "ts": ts, "text": marked, **fields}
        return self.store.put("slack.message", f"{channel['id']}:{ts}", message, parent=channel["id"])

    def messages(self, channel: Doc) -> list[Doc]:
        """Oldest first."""
        return self.store.all("slack.message", channel["id"])

    def scopes(self) -> list[str]:
        return list((self.store.get("slack.app", "only") or {"scopes": SCOPES})["scopes"])

    def grant(self, scopes: list[str]) -> None:
        self.store.put("slack.app", "only", {"scopes": scopes})

    def _found(self, kind: str, key: str) -> Doc:
        found = self.store.get(kind, key)
        if found is None:
            raise Missing(f"no {kind} {key}")
        return found
