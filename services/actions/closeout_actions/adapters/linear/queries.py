"""What is asked of Linear. Every list is short by its `first`: Linear counts the cost of what could come.

https://linear.app/developers/rate-limiting: 0.1 a field, 1 an object, times `first` in a list; 10,000 at most.
"""

from __future__ import annotations

ISSUE = """
fragment Ticket on Issue {
  id identifier number title url createdAt updatedAt completedAt canceledAt archivedAt trashed dueDate
  state { name type }
  team { key }
  assignee { id }
  creator { id }
  cycle { name number endsAt }
  labels(first: 20) { nodes { name } }
  relations(first: 10) { nodes { type relatedIssue { identifier } } }
}
"""

READ = "query Read($id: String!) { issue(id: $id) { ...Ticket } }" + ISSUE

READ_MANY = (
    """
query ReadMany($ids: [ID!]!) {
  issues(filter: { id: { in: $ids } }, includeArchived: true, first: 50) { nodes { ...Ticket } }
}
"""
    + ISSUE
)

CREATE = (
    "mutation Create($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { ...Ticket } } }" + ISSUE
)

CHANGED = (
    """
query Changed($team: String!, $since: DateTimeOrDuration!, $after: String) {
  issues(
    filter: { team: { key: { eq: $team } }, updatedAt: { gte: $since } }
    orderBy: updatedAt, includeArchived: true, first: 50, after: $after
  ) {
    nodes { ...Ticket }
    pageInfo { hasNextPage endCursor }
  }
}
"""
    + ISSUE
)

COMMENTED = """
query Commented($team: String!, $since: DateTimeOrDuration!, $after: String) {
  comments(
    filter: { issue: { team: { key: { eq: $team } } }, updatedAt: { gte: $since } }
    orderBy: updatedAt, first: 50, after: $after
  ) {
    nodes { updatedAt issue { id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

COMMENTS = """
query Comments($id: String!, $after: String) {
  issue(id: $id) {
    comments(first: 50, after: $after) {
      nodes { id body createdAt url user { id name isMe } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

LINKS = "query Links($id: String!) { issue(id: $id) { attachments(first: 50) { nodes { url } } } }"

TEAM = """
query Team($key: String!) { teams(filter: { key: { eq: $key } }, first: 1) { nodes { id key name retiredAt } } }
"""

LABELS = """
query Labels($name: String!, $after: String) {
  issueLabels(filter: { name: { eqIgnoreCase: $name } }, first: 50, after: $after) {
    nodes { id name team { id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

CYCLES = """
query Cycles($key: String!) {
  cycles(filter: { team: { key: { eq: $key } }, isPast: { eq: false } }, first: 50) {
    nodes { id name number endsAt }
  }
}
"""

MEMBERS = """
query Members($id: String!, $after: String) {
  team(id: $id) {
    members(first: 100, after: $after) {
      nodes { id name displayName email active app isAssignable }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""

THERE = """
query There($team: String!, $ids: [ID!]!) {
  teams(filter: { key: { eq: $team } }, first: 1) {
    nodes { members(filter: { id: { in: $ids } }, first: 100) { nodes { id active isAssignable } } }
  }
}
"""

WEBHOOKS = """
query Webhooks($after: String) {
  webhooks(first: 50, after: $after) {
    nodes { url enabled resourceTypes allPublicTeams team { key } }
    pageInfo { hasNextPage endCursor }
  }
}
"""

USER = "query User($id: String!) { user(id: $id) { id name displayName email active app isAssignable } }"

STATES = (
    """
query States($id: String!) {
  issue(id: $id) { team { states(first: 100) { nodes { id name type } } } ...Ticket }
}
"""
    + ISSUE
)

CLOSE = "mutation Close($id: String!, $input: IssueUpdateInput!) { issueUpdate(id: $id, input: $input) { success } }"

SAY = "mutation Say($input: CommentCreateInput!) { commentCreate(input: $input) { success } }"
