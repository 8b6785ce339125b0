"""What is held against a person: words for who it was, what they did not do, and what they are said to be."""

from __future__ import annotations

from closeout_judgement.language.words import word_set

# Neither “the package manager” nor “the dev cluster” is somebody.
_MANAGER = (
    "".join(
        rf"(?<!{thing}\s)"
        for thing in (
            "package",
            "secret",
            "secrets",
            "resource",
            "traffic",
            "queue",
            "lock",
            "cert",
            "session",
            "controller",
            "cluster",
            "volume",
            "process",
            "task",
            "job",
            "memory",
            "node",
            "transaction",
            "key",
            "device",
        )
    )
    + r"manager"
)
_DEV = (
    r"(?<!on\s)(?<!in\s)(?<!to\s)(?<!from\s)dev(?!\s+(?:cluster|env\w*|server|branch|instance|database|db|site|build|"
    r"mode|team|tool|box|account|stack|namespace|version|dependenc|hub))"
)
ROLE = (
    r"(?:engineer|developer|programmer|deployer|operator|admin(?:istrator)?|sysadmin|dba|sre|contractor|consultant|"
    r"intern|trainee|newcomer|new\s+hire|director|executive|cto|ceo|founder|on-?call(?:er)?|"
    r"maintainer|committer|contributor|collaborator|colleague|co-?worker|employee|technician|electrician|analyst|"
    r"responder|author|reviewer|tester|architect|scientist|researcher|student|volunteer|moderator|steward|guy|"
    r"person|individual|staff\s+member|team\s+member|member\s+of\s+(?:the\s+|our\s+)?(?:\w+\s+)?(?:team|staff)|commander|"
    r"specialist|junior|freelancer|"
    rf"{_MANAGER}|{_DEV}|lead(?!\s+(?:to|us|the|by|an?|times?)\b)|"
    r"somebody|someone|whoever|one\s+of\s+(?:the|our|us)(?:\s+(?:[\w-]+\s+){0,2}[\w-]+s)?)"
)
# One team among others is singled out as a person is; “the team” that writes is a “we”.
GROUP = (
    r"(?:management|leadership|staff|(?<![\w-])(?!(?:the|our|this|that|whole|entire|your|an?|each|every|my)\b)[\w-]+\s+(?:team|department|crew)|"
    r"(?:engineers|developers|operators|admin(?:istrator)?s|devs|maintainers|contractors|managers|technicians))"
)

# How somebody is said to be or to act.
ADJECTIVES = (
    r"(?:negligent|careless|sloppy|lazy|reckless|incompetent|inattentive|irresponsible|clumsy|forgetful|foolish|stupid|"
    r"dumb|idiotic|ignorant|arrogant|clueless|undisciplined|unprofessional|amateurish|over-?confident|complacent|"
    r"thoughtless|short-?sighted|lackadaisical|lax|cavalier|naive|impatient|inept|oblivious|incapable)"
)
UNSKILLED = r"(?:inexperienced|untrained|unqualified|under-?qualified|hasty|distracted|overzealous|over-?eager)"
ADVERBS = (
    r"(?:carelessly|blindly|thoughtlessly|recklessly|stupidly|foolishly|negligently|lazily|sloppily|clumsily|"
    r"irresponsibly|hastily|naively|wil+fully|ignorantly|arrogantly|absent-?mindedly|mindlessly)"
)
BY_ACCIDENT = (
    r"(?:accident(?:al)?ly|inadvertently|unintentionally|mistakenly|unwittingly|unknowingly|erroneously|wrongly|"
    r"prematurely)"
)
QUALITIES = (
    r"(?:fault|negligence|carelessness|incompetence|inattention|inattentiveness|inexperience|laziness|recklessness|"
    r"stupidity|ignorance|complacency|arrogance|forgetfulness|sloppiness|clumsiness|impatience|haste|hubris|"
    r"irresponsibility|lapse|mistake|blunder|(?:bad|poor)\s+judge?ment|(?:lack|want)\s+of\s+(?:due\s+)?(?:care|attention|"
    r"experience|diligence|discipline|competence|skill|judge?ment|knowledge|awareness|understanding|professionalism))"
)
# Of what somebody did; what is “lazy” or “naive” there is mostly code.
OF_BEHAVIOUR = (
    r"(?:negligent|careless|sloppy|reckless|incompetent|irresponsible|clumsy|foolish|stupid|idiotic|unprofessional|"
    r"amateurish|thoughtless|short-?sighted|lackadaisical|inept|boneheaded|brain-?dead|inexcusable|unforgivable)"
)
BEHAVIOUR = (
    r"(?:(?:work(?:ing)?\s+)?(?:habits?|practices?)|work(?:ing|manship)?|behaviou?r|conduct|attitude|approach|handling|"
    r"decisions?(?:[\s-]making)?|mistakes?|errors?|oversight|blunder|slips?|actions?|moves?|command|commit|coding|use|typing|editing|deletion|changes?)"
)

# What one is to do. “failed to reproduce” is told of no fault.
DUTIES = (
    r"(?:check|double-?check|verify|validate|confirm|test|read|follow|obey|adhere|comply|review|notice|spot|see|catch|"
    r"recogni[sz]e|reali[sz]e|understand|remember|renew|update|upgrade|patch|rotate|run|execute|enable|disable|set|"
    r"add|remove|clean|close|back\s+up|document|communicate|notify|inform|tell|alert|warn|ask|consult|coordinate|"
    r"escalate|respond|react|acknowledge|act|monitor|watch|look|listen|pay|consider|think|anticipate|foresee|account|"
    r"take|ensure|make\s+sure|maintain|plan|prepare|perform|complete|finish|apply|configure|include|use|do|"
    r"properly|adequately|correctly|sufficiently)"
)
OUGHT = (
    r"(?:known|asked|noticed|read|checked|double-?checked|tested|verified|seen|caught|realised|realized|reali[sz]ed|"
    r"spotted|followed|reviewed|waited|told|warned|informed|consulted|escalated|thought|paid|looked|listened|"
    r"remembered|understood|anticipated|foreseen|prevented|avoided|stopped|been\s+(?:more|aware|careful|paying)|"
    r"used|taken|made|done|run|merged|pushed|deployed|renewed|communicated|raised|responded)"
)
MENDED = (
    r"(?:fix|correct|clean|revert|repair|replac|spott|notic|f[oi]nd|found|saw|see|report|identif|discover|determin|verif|"
    r"realis|realiz|suspect|confirm|tri(?:ed|es)|try|did|do|said|think|thought|thinks|is|are|was|were|be|been|no|nothing|not|something|"
    r"anything|what|go|goes|went|gone)\w*"
)
# Written with a capital letter, and no person. A word at the beginning of a sentence is any word.
NO_NAMES = word_set(
    """
    terraform kubernetes docker jenkins grafana prometheus github gitlab aws amazon azure google gcp microsoft
    cloudflare fastly heroku digitalocean hetzner linode circleci travis buildkite ansible puppet chef helm argo
    argocd flux vault consul nomad redis postgres postgresql mysql mongodb cassandra kafka rabbitmq elasticsearch
    opensearch nginx haproxy envoy istio traefik varnish apache tomcat java python ruby rails django node npm yarn
    slack pagerduty datadog sentry linux ubuntu debian windows android chrome firefox safari dns tls ssl http
    spinnaker systemd cron prow boskos celery sidekiq hadoop spark airflow binance monday tuesday wednesday thursday
    friday saturday sunday january february march april may june july august september october november december
    today yesterday then later automation script scripts job jobs bot bots server servers service services system
    systems code cleanup database cluster pipeline operator controller scheduler client clients backend frontend api
    app application browser users customers people developers engineers nodes pods requests everyone nobody both
    some many most all any each also however instead but and so yet just even unfortunately apparently which what
    who how while since because although though once only
    """
)
