-- What others were told of a thing that is read again and again: they hear of it when it changes.
CREATE TABLE told (
    subject text PRIMARY KEY,
    digest text NOT NULL
);
