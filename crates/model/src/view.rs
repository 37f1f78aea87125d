//! What the API shows. Filled by hand from documents; every field is a promise to users.
