-- A draft that went into another waits no longer, until it is split off: whichever was said last, in whatever order heard.
ALTER TABLE postmortem
    ADD COLUMN begun_at timestamptz,
    ADD COLUMN merged_at timestamptz,
    ADD COLUMN split_at timestamptz;
