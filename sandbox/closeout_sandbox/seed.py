"""What is there when a sandbox starts: people with the same mail address on both sides, a repository, services."""

from datetime import timedelta

from closeout_sandbox import clock
from closeout_sandbox.state import State

PEOPLE = (
    ("sam-oncall", "Sam Oncall", "sam.oncall@example.com"),
    ("dana-engineer", "Dana Engineer", "dana.engineer@example.com"),
    ("alex-responder", "Alex Responder", "alex.responder@example.com"),
)
ROBOT = "build-robot[bot]"
SUBSCRIPTION = "PWSBX01"
MILESTONES_AHEAD = 3
# The first is where tickets are made, the second where they may be moved.
PROJECTS = {"jira": ("PAY", "OPS"), "jira_dc": ("PAY", "OPS"), "linear": ("PAY", "OPS"), "homemade": ("PAY", "OPS")}
PROJECTS |= dict.fromkeys(("gitlab", "gitea"), ("acme/payments", "acme/ledger"))
LABELS = {"gitlab": ["postmortem"], "gitea": ["postmortem", "wontfix", "duplicate"]}
MILESTONE_LENGTH = timedelta(weeks=2)


def plant(state: State) -> None:
    """Make what is missing and take over the settings; safe to repeat."""
    with state.store.transaction():
        if not state.store.all("github.repository"):
            plant_github(state)
        if not state.store.all("pagerduty.service"):
            plant_pagerduty(state)
        if not state.slack.users():
            plant_slack(state)
        for system in state.trackers:
            plant_board(state, system)
        plant_milestones(state)
        point_webhooks(state)


def plant_github(state: State) -> None:
    directory, settings = state.github.directory, state.settings
    organization = settings.repository.split("/")[0]
    directory.add_account(organization, name=organization.title(), kind="Organization")
    for login, name, email in PEOPLE:
        directory.add_account(login, name=name, email=email)
    directory.add_account(settings.github_login, name="Closeout")
    directory.add_account(ROBOT, kind="Bot", push=False)
    directory.add_team(organization, "payments", name="Payments", members=[PEOPLE[0][0], PEOPLE[1][0]])
    repository = directory.add_repository(settings.repository)
    directory.add_label(repository, "bug", color="d73a4a", description="Something is not working")
    directory.add_label(repository, "postmortem", color="5319e7", description="Promised in a postmortem")


def plant_board(state: State, system: str) -> None:
    board = state.trackers[system].desk.board
    if board.people():
        return
    for handle, name, email in PEOPLE:
        board.add_person(handle, name=name, email=email)
    board.add_person(state.settings.github_login, name="Closeout", kind="bot")
    board.add_person("robin-guest", name="Robin Guest", assignable=False)
    for key in PROJECTS[system]:
        board.add_project(key, labels=LABELS.get(system, ["postmortem"]))
    now = clock.now()
    for step in range(MILESTONES_AHEAD + 1):
        due_on = now + (step - 1) * MILESTONE_LENGTH + timedelta(days=1)
        state_of_it = "open" if step else "closed"
        board.add_milestone(PROJECTS[system][0], f"Sprint {step + 1}", due_on=due_on, state=state_of_it)


def plant_slack(state: State) -> None:
    for _, name, email in PEOPLE:
        state.slack.add_user(name, email)
    state.slack.add_user("Build Robot", "robot@example.com", is_bot=True)
    state.slack.add_channel("payments")


def plant_milestones(state: State) -> None:
    """One that is over, and always some that are ahead."""
    directory, by = state.github.directory, state.settings.github_login
    repository = directory.repository(state.settings.repository)
    known = directory.milestones(repository)
    now = clock.now()
    if not known:
        directory.add_milestone(repository, "Sprint 1", by=by, due_on=now - timedelta(weeks=1))
    ahead = [one for one in known if one["due_on"] and one["due_on"] > clock.seconds(now)]
    for step in range(len(ahead) + 1, MILESTONES_AHEAD + 1):
        title = f"Sprint {len(directory.milestones(repository)) + 1}"
        directory.add_milestone(repository, title, by=by, due_on=now + step * MILESTONE_LENGTH)


def plant_pagerduty(state: State) -> None:
    directory = state.pagerduty.directory
    sam, dana, alex = (directory.add_user(name, email)["id"] for _, name, email in PEOPLE)
    for name in ("P1", "P2", "P3", "P4", "P5"):
        directory.add("priority", name)
    directory.add("team", "Payments")
    directory.add("team", "Platform")
    payments = directory.add("escalation_policy", "Payments on-call", users=[sam, dana, alex])
    platform = directory.add("escalation_policy", "Platform on-call", users=[alex, dana])
    directory.add("service", "Checkout API", escalation_policy=payments["id"], depends_on=["Product Search"])
    directory.add("service", "Product Search", escalation_policy=platform["id"])


def point_webhooks(state: State) -> None:
    settings = state.settings
    if settings.github_webhook_url:
        state.github.hooks.point(settings.github_webhook_url, settings.github_webhook_secret.get_secret_value())
    if settings.pagerduty_webhook_url:
        secrets = [one.get_secret_value() for one in settings.pagerduty_webhook_secrets]
        state.pagerduty.sender.subscribe(settings.pagerduty_webhook_url, secrets, id=SUBSCRIPTION)
