-- When month four begins, and what owners, reviewers and managers were told before it does.

CREATE TABLE postmortem (
    postmortem_id uuid PRIMARY KEY,
    fails_at timestamptz NOT NULL
);

-- What was said of an item, once for each rung and for the day that it was about.
CREATE TABLE nudge (
    item_id uuid NOT NULL,
    rung text NOT NULL,
    about date NOT NULL,
    recipient text NOT NULL,
    said_at timestamptz NOT NULL,
    comment text, -- what is to be written on the ticket, until it is
    PRIMARY KEY (item_id, rung, about)
);
CREATE INDEX nudge_comment ON nudge (said_at) WHERE comment IS NOT NULL;

-- One message a person and day.
CREATE TABLE nudged (
    recipient text NOT NULL,
    day date NOT NULL,
    PRIMARY KEY (recipient, day)
);
