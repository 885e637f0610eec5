"""The words of Sanad: the shapes of entries, documents and messages. No behaviour, and no imports of ours."""
