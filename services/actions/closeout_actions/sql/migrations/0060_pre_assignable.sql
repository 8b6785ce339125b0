-- Whether those who are assigned to open tickets could still be, when the tracker was last asked.
CREATE TABLE assignable (
    tracker text NOT NULL,
    project text NOT NULL,
    account text NOT NULL, -- in lower case
    is_assignable boolean NOT NULL,
    PRIMARY KEY (tracker, project, account)
);
