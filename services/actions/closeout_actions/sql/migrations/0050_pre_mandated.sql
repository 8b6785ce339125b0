-- Tickets that law, security or an auditor demands: they are read, and never made, changed or closed.

CREATE TABLE mandated (
    id uuid PRIMARY KEY,
    tracker text NOT NULL,
    key text NOT NULL, -- the tracker's own name of it, as its address says
    snapshot json NOT NULL, -- what the others were told last
    misses integer NOT NULL DEFAULT 0,
    read_at timestamptz
);
CREATE INDEX mandated_to_read ON mandated (tracker, read_at NULLS FIRST);
