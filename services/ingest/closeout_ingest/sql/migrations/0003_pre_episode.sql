-- When a group of alerts was one incident: the same group fires again another day, and is another one then.

CREATE TABLE episode (
    vendor text NOT NULL,
    group_id text NOT NULL,
    vendor_id text NOT NULL,
    began_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (vendor, vendor_id)
);
CREATE INDEX episode_of_group ON episode (vendor, group_id, last_at);
