-- Answers to requests that made a token hold the token as it is. Whoever asks again under such a key is answered anew.
DELETE FROM kept_answer WHERE position('"secret"'::bytea IN body) > 0;
