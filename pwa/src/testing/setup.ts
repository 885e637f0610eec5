// An IndexedDB in memory for every test file.
import 'fake-indexeddb/auto';
