-- What a term says of a document is weighed in another way: all reviews are indexed anew, by themselves, from the start.
TRUNCATE catalogue_document, catalogue_segment, catalogue_posting;
