"""How GitHub writes things down. Field sets follow GitHub's OpenAPI description (MIT) and its SDK's examples."""

from typing import Any

from closeout_sandbox.github.directory import Directory
from closeout_sandbox.store import Doc

USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
REPOSITORY_LINKS = {
    "forks_url": "/forks",
    "keys_url": "/keys{/key_id}",
    "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams",
    "hooks_url": "/hooks",
    "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}",
    "branches_url": "/branches{/branch}",
    "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_commits_url": "/git/commits{/sha}",
    "trees_url": "/git/trees{/sha}",
    "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages",
    "stargazers_url": "/stargazers",
    "contributors_url": "/contributors",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "commits_url": "/commits{/sha}",
    "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}",
    "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}",
    "downloads_url": "/downloads",
    "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}",
    "deployments_url": "/deployments",
}
NOTHING_YET = dict.fromkeys(
    ("size", "stargazers_count", "watchers_count", "forks_count", "forks", "watchers", "subscribers_count"), 0
)
REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


class Views:
    def __init__(self, directory: Directory, base_url: str) -> None:
        self.directory = directory
        self.api = f"{base_url}/github/api"
        self.web = f"{base_url}/github/web"

    def user(self, login: str) -> Doc:
        account = self.directory.account(login)
        url = f"{self.api}/users/{account['login']}"
        return {
            "login": account["login"],
            "id": account["id"],
            "node_id": f"U_{account['id']}",
            "avatar_url": f"{self.web}/{account['login']}.png",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.web}/{account['login']}",
            **{name: url + suffix for name, suffix in USER_LINKS.items()},
            "type": account["type"],
            "user_view_type": "public",
            "site_admin": False,
        }

    def profile(self, login: str) -> Doc:
        account = self.directory.account(login)
        unsaid = dict.fromkeys(("company", "location", "hireable", "bio", "twitter_username"))
        return {
            **self.user(login),
            "name": account["name"],
            "email": account["email"],
            "blog": "",
            **unsaid,
            "public_repos": 0,
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "created_at": account["created_at"],
            "updated_at": account["created_at"],
        }

    def own_profile(self, login: str) -> Doc:
        counts = ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage", "collaborators")
        return {
            **self.profile(login),
            "user_view_type": "private",
            **dict.fromkeys(counts, 0),
            "two_factor_authentication": True,
        }

    def team(self, team: Doc) -> Doc:
        url = f"{self.api}/organizations/{self.directory.account(team['organization'])['id']}/team/{team['id']}"
        return {
            "id": team["id"],
            "node_id": f"T_{team['id']}",
            "url": url,
            "html_url": f"{self.web}/orgs/{team['organization']}/teams/{team['slug']}",
            "name": team["name"],
            "slug": team["slug"],
            "description": None,
            "privacy": "closed",
            "notification_setting": "notifications_enabled",
            "permission": "push",
            "members_url": url + "/members{/member}",
            "repositories_url": url + "/repos",
            "parent": None,
            "type": "organization",
            "organization_id": self.directory.account(team["organization"])["id"],
        }

    def repository(self, repository: Doc, open_issues: int) -> Doc:
        full_name = f"{repository['owner']}/{repository['name']}"
        url, page = f"{self.api}/repos/{full_name}", f"{self.web}/{full_name}"
        return {
            "id": repository["id"],
            "node_id": f"R_{repository['id']}",
            "name": repository["name"],
            "full_name": full_name,
            "private": False,
            "owner": self.user(repository["owner"]),
            "html_url": page,
            "description": None,
            "fork": False,
            "url": url,
            **{name: url + suffix for name, suffix in REPOSITORY_LINKS.items()},
            **dict.fromkeys(("created_at", "updated_at", "pushed_at"), repository["created_at"]),
            **dict.fromkeys(("git_url", "ssh_url", "clone_url", "svn_url"), page),
            **dict.fromkeys(("homepage", "language", "mirror_url", "license")),
            **dict.fromkeys(("disabled", "is_template", "web_commit_signoff_required"), False),
            **dict.fromkeys(("has_projects", "has_downloads", "has_wiki", "has_pages", "has_discussions"), False),
            **{key: value for key, value in NOTHING_YET.items() if key != "subscribers_count"},
            "has_issues": repository["has_issues"],
            "archived": repository.get("archived", False),
            "open_issues_count": open_issues,
            "open_issues": open_issues,
            "default_branch": "main",
            "topics": [],
            "visibility": "public",
            "custom_properties": {},
        }

    def full_repository(self, repository: Doc, open_issues: int) -> Doc:
        levels = {"admin": False, "maintain": False, "push": repository["push"], "triage": repository["push"]}
        return {
            **self.repository(repository, open_issues),
            "permissions": {**levels, "pull": True},
            "subscribers_count": 0,
            "network_count": 0,
        }

    def label(self, repository: Doc, label: Doc) -> Doc:
        return {
            "id": label["id"],
            "node_id": f"LA_{label['id']}",
            "url": f"{self.repository_url(repository)}/labels/{label['name']}",
            "name": label["name"],
            "color": label["color"],
            "default": False,
            "description": label["description"],
        }

    def milestone(self, repository: Doc, milestone: Doc, issues: list[Doc]) -> Doc:
        states = [issue["state"] for issue in issues if issue["milestone"] == milestone["number"]]
        url = f"{self.repository_url(repository)}/milestones/{milestone['number']}"
        copied = ("id", "number", "title", "description", "state", "created_at", "updated_at", "due_on", "closed_at")
        return {
            "url": url,
            "html_url": f"{self.page(repository)}/milestone/{milestone['number']}",
            "labels_url": f"{url}/labels",
            "node_id": f"MI_{milestone['id']}",
            **{name: milestone[name] for name in copied},
            "creator": self.user(milestone["creator"]),
            "open_issues": states.count("open"),
            "closed_issues": states.count("closed"),
        }

    def comment(self, repository: Doc, comment: Doc) -> Doc:
        url = f"{self.repository_url(repository)}/issues/comments/{comment['id']}"
        page = f"{self.page(repository)}/issues/{comment['number']}"
        return {
            "url": url,
            "html_url": f"{page}#issuecomment-{comment['id']}",
            "issue_url": f"{self.repository_url(repository)}/issues/{comment['number']}",
            "id": comment["id"],
            "node_id": f"IC_{comment['id']}",
            "user": self.user(comment["user"]),
            "created_at": comment["created_at"],
            "updated_at": comment["updated_at"],
            "author_association": "MEMBER",
            "performed_via_github_app": None,
            "body": comment["body"],
            "reactions": self.reactions(url),
        }

    def reactions(self, url: str) -> dict[str, Any]:
        return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(REACTIONS, 0)}

    def repository_url(self, repository: Doc) -> str:
        return f"{self.api}/repos/{repository['owner']}/{repository['name']}"

    def page(self, repository: Doc) -> str:
        return f"{self.web}/{repository['owner']}/{repository['name']}"
