-- What review restricted after it was published is not named any more once review says its verdict, whatever is heard later.
ALTER TABLE postmortem ADD COLUMN hidden boolean NOT NULL DEFAULT false;
