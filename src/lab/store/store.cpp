#include "lab/store/store.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "lab/store/database.h"

namespace manabi::lab {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kVersion = 1;               // PRAGMA user_version; raised with any change of the tables
constexpr int64_t kApplication = 0x6d616e61;  // PRAGMA application_id: "mana"
constexpr size_t kKeyBytes = 32;              // a key is stored as the bytes of its SHA-256

constexpr const char* kTables = R"(
  CREATE TABLE cells (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, study TEXT NOT NULL, version INTEGER NOT NULL, at TEXT NOT NULL, inputs TEXT NOT NULL,
    part TEXT NOT NULL, seconds REAL NOT NULL, artifacts TEXT NOT NULL, exhibits TEXT NOT NULL);
  CREATE INDEX cells_of_study ON cells (study);
  CREATE TABLE rows (
    cell INTEGER NOT NULL REFERENCES cells ON DELETE CASCADE, place INTEGER NOT NULL, metric TEXT NOT NULL, at TEXT NOT NULL, value REAL,
    n INTEGER NOT NULL, PRIMARY KEY (cell, place)) WITHOUT ROWID;
  CREATE TABLE items (
    cell INTEGER NOT NULL REFERENCES cells ON DELETE CASCADE, place INTEGER NOT NULL, item TEXT NOT NULL, draw INTEGER NOT NULL,
    target INTEGER NOT NULL, scores BLOB NOT NULL, PRIMARY KEY (cell, place)) WITHOUT ROWID;
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, study TEXT NOT NULL, started TEXT NOT NULL, state TEXT NOT NULL, manifest TEXT NOT NULL,
    seconds REAL NOT NULL, cells BLOB NOT NULL);
)";

int digit_of(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  throw std::logic_error("a cell's key has only the digits 0-9 and a-f");
}

std::vector<std::byte> bytes_of_key(const std::string& key) {
  if (key.size() != 2 * kKeyBytes) throw std::logic_error("a cell's key has 64 digits, not '" + key + "'");
  std::vector<std::byte> bytes;
  for (size_t i = 0; i < key.size(); i += 2) bytes.push_back(static_cast<std::byte>(16 * digit_of(key[i]) + digit_of(key[i + 1])));
  return bytes;
}

std::string key_of_bytes(std::span<const std::byte> bytes) {
  std::string key;
  for (const std::byte byte : bytes) {
    key += "0123456789abcdef"[std::to_integer<int>(byte) >> 4];
    key += "0123456789abcdef"[std::to_integer<int>(byte) & 15];
  }
  return key;
}

std::vector<std::byte> bytes_of_keys(std::span<const std::string> keys) {
  std::vector<std::byte> bytes;
  for (const std::string& key : keys) std::ranges::copy(bytes_of_key(key), std::back_inserter(bytes));
  return bytes;
}

std::vector<std::string> keys_of_bytes(std::span<const std::byte> bytes) {
  std::vector<std::string> keys;
  for (; bytes.size() >= kKeyBytes; bytes = bytes.subspan(kKeyBytes)) keys.push_back(key_of_bytes(bytes.first(kKeyBytes)));
  return keys;
}

static_assert(std::endian::native == std::endian::little, "scores are stored as little-endian float64");

std::vector<double> scores_of_bytes(std::span<const std::byte> bytes) {
  std::vector<double> scores(bytes.size() / sizeof(double));
  if (!scores.empty()) std::memcpy(scores.data(), bytes.data(), scores.size() * sizeof(double));
  return scores;
}

// Texts come from models and users' files: what is not UTF-8 is replaced rather than refused after the work was done.
std::string text_of(const base::Json& json) { return json.dump(-1, ' ', false, base::Json::error_handler_t::replace); }

template <class Value>
Value value_of(const std::string& text, const std::string& path) {
  try {
    return base::parse_json(text, path).get<Value>();
  } catch (const base::Json::exception& problem) {
    throw base::Error({.where = path,
                       .given = std::string("holds a record that is not of Manabi's form: ") + problem.what(),
                       .hint = "move the file away and run again"});
  }
}

base::Json manifest_of(const std::string& text, const std::string& path) {
  base::Json manifest = base::parse_json(text, path);
  if (!manifest.is_object() && !manifest.is_null())
    throw base::Error(
        {.where = path, .given = "holds a run whose settings are neither an object nor absent", .hint = "move the file away and run again"});
  return manifest;
}

[[noreturn]] void refuse_foreign(const std::string& path, const std::string& what) {
  throw base::Error({.where = path,
                     .given = what,
                     .expected = "a run store of Manabi",
                     .hint = "give the folder of a Manabi run, or choose another --output"});
}

void check_readable(const std::string& path) {
  if (!fs::exists(path)) {
    throw base::Error(
        {.where = path, .given = "does not exist", .expected = "a run store of Manabi", .hint = "run a study first, or check --output"});
  }
  if (fs::is_directory(path)) refuse_foreign(path, "is a folder");
}

void create_folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  std::error_code problem;
  if (!folder.empty()) fs::create_directories(folder, problem);
  if (problem) {
    throw base::Error({.where = folder.string(),
                       .given = "cannot create this folder: " + problem.message(),
                       .expected = "",
                       .hint = "choose a folder that you may write to (--output)"});
  }
}

std::string process_in(const std::string& lock_path) {
  std::string process;
  std::getline(std::ifstream(lock_path), process);
  return process;
}

// The lock file holds its owner's process id, for the message that others get.
std::unique_ptr<base::FileLock> lock_for_writing(const std::string& path) {
  const std::string lock_path = path + ".lock";
  std::unique_ptr<base::FileLock> lock;
  try {
    lock = base::FileLock::try_lock(lock_path);
  } catch (const base::Error& error) {
    throw base::Error({.where = path,
                       .given = "cannot be written: its lock file: " + error.fault().given,
                       .expected = "",
                       .hint = "choose a folder that you may write to (--output)"});
  }
  if (!lock) {
    const std::string holder = process_in(lock_path);
    throw base::Error({.where = path,
                       .given = "is in use by another run" + (holder.empty() ? "" : " (process " + holder + ")"),
                       .expected = "one writer at a time",
                       .hint = "wait for it or stop it; or give this run a folder of its own (--output)"});
  }
  std::ofstream(lock_path) << ::getpid() << "\n";  // in place: a renamed file would be another lock
  return lock;
}

void check_identity(const Database& database) {
  const int64_t application = database.integer("PRAGMA application_id");
  const int64_t version = database.integer("PRAGMA user_version");
  if (application != kApplication) refuse_foreign(database.path(), "is an SQLite file of another program");
  if (version > kVersion) {
    throw base::Error({.where = database.path(),
                       .given = "was written by a newer Manabi (store version " + std::to_string(version) + ")",
                       .expected = "store version " + std::to_string(kVersion) + " or older",
                       .hint = "update Manabi, or choose another --output"});
  }
}

bool is_empty(const Database& database) {
  return database.integer("SELECT count(*) FROM sqlite_master") == 0 && database.integer("PRAGMA application_id") == 0;
}

void create_tables(const Database& database) {
  Transaction transaction(database, Database::Mode::write);
  database.run(kTables);
  database.run("PRAGMA application_id = " + std::to_string(kApplication));
  database.run("PRAGMA user_version = " + std::to_string(kVersion));
  transaction.commit();
}

}  // namespace

Store::Store(const std::string& path, Mode mode) : path_(path) {
  if (mode == Mode::read) {
    check_readable(path);
    database_ = std::make_unique<Database>(path, Database::Mode::read);
    if (is_empty(*database_)) refuse_foreign(path, "is empty");
    check_identity(*database_);
    return;
  }
  create_folder_of(path);
  if (fs::is_directory(path)) refuse_foreign(path, "is a folder");
  lock_ = lock_for_writing(path);
  database_ = std::make_unique<Database>(path, Database::Mode::write);
  const bool is_new = is_empty(*database_);
  if (!is_new) check_identity(*database_);
  // After a power cut the last groups may be gone, and are measured again; a killed process loses nothing that was committed.
  database_->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON");
  if (is_new) create_tables(*database_);
  database_->run("UPDATE runs SET state = 'killed' WHERE state = 'running'");
}

Store::~Store() = default;

void Store::check_writable(const std::string& call) const {
  if (!lock_) throw std::logic_error(call + " on a store that was opened for reading: " + path_);
}

std::set<std::string> Store::present(std::span<const std::string> keys) const {
  std::set<std::string> found;
  Statement statement(*database_, "SELECT 1 FROM cells WHERE key = ?");
  for (const std::string& key : keys) {
    if (statement.bind(bytes_of_key(key)).step()) found.insert(key);
  }
  return found;
}

namespace {

int64_t insert_cell(const Database& database, Statement& insert, const std::string& study, int64_t study_version, const CellRecord& record) {
  insert
      .bind(bytes_of_key(key_of(study, study_version, record.cell)), study, study_version, text_of(record.cell.at), text_of(record.cell.inputs),
            record.cell.part, record.seconds, text_of(record.artifacts), text_of(record.exhibits))
      .run();
  return database.last_id();
}

}  // namespace

// A key holds study and version, so a record that is there already can only be of the same ones; its rows and items go with it.
void Store::put(const std::string& study, int64_t study_version, std::span<const CellRecord> records) {
  check_writable("put()");
  Transaction transaction(*database_, Database::Mode::write);
  Statement forget(*database_, "DELETE FROM cells WHERE key = ?");
  Statement cells(*database_,
                  "INSERT INTO cells (key, study, version, at, inputs, part, seconds, artifacts, exhibits) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  Statement rows(*database_, "INSERT INTO rows (cell, place, metric, at, value, n) VALUES (?, ?, ?, ?, ?, ?)");
  Statement items(*database_, "INSERT INTO items (cell, place, item, draw, target, scores) VALUES (?, ?, ?, ?, ?, ?)");
  for (const CellRecord& record : records) {
    forget.bind(bytes_of_key(key_of(study, study_version, record.cell))).run();
    const int64_t cell = insert_cell(*database_, cells, study, study_version, record);
    int64_t place = 0;
    for (const Row& row : record.rows) rows.bind(cell, place++, row.metric, text_of(row.at), row.value, row.n).run();
    place = 0;
    for (const ScoredItem& item : record.items) {
      items.bind(cell, place++, item.id, item.draw, item.target, std::as_bytes(std::span(item.scores))).run();
    }
  }
  transaction.commit();
}

namespace {

CellRecord record_of(const Statement& cell, const std::string& key, const std::string& path) {
  CellRecord record;
  record.key = key;
  record.cell.at = value_of<Coordinates>(cell.text(1), path);
  record.cell.inputs = value_of<Coordinates>(cell.text(2), path);
  record.cell.part = cell.text(3);
  record.seconds = cell.number(4);
  record.artifacts = value_of<std::vector<std::string>>(cell.text(5), path);
  record.exhibits = value_of<std::map<std::string, base::Json>>(cell.text(6), path);
  return record;
}

Row row_of(const Statement& row, const std::string& path) {
  return {.metric = row.text(0), .at = value_of<Coordinates>(row.text(1), path), .value = row.number(2), .n = row.integer(3)};
}

ScoredItem item_of(const Statement& item) {
  return {.id = item.text(0), .draw = item.integer(1), .scores = scores_of_bytes(item.bytes(3)), .target = item.integer(2)};
}

}  // namespace

Records Store::get(std::span<const std::string> keys) const {
  Records records;
  Statement cells(*database_, "SELECT id, at, inputs, part, seconds, artifacts, exhibits FROM cells WHERE key = ?");
  Statement rows(*database_, "SELECT metric, at, value, n FROM rows WHERE cell = ? ORDER BY place");
  Statement items(*database_, "SELECT item, draw, target, scores FROM items WHERE cell = ? ORDER BY place");
  const Transaction one_view(*database_, Database::Mode::read);  // a writer's replacement of a cell is seen whole or not at all
  for (const std::string& key : keys) {
    if (!cells.bind(bytes_of_key(key)).step()) continue;
    CellRecord& record = records.emplace_back(record_of(cells, key, path_));
    const int64_t id = cells.integer(0);
    for (rows.bind(id); rows.step();) record.rows.push_back(row_of(rows, path_));
    for (items.bind(id); items.step();) record.items.push_back(item_of(items));
  }
  return records;
}

std::vector<std::string> Store::keys_of(const std::string& study) const {
  std::vector<std::string> keys;
  Statement statement(*database_, "SELECT key FROM cells WHERE study = ? ORDER BY id");
  for (statement.bind(study); statement.step();) keys.push_back(key_of_bytes(statement.bytes(0)));
  return keys;
}

int64_t Store::begin_run(const RunEntry& entry) {
  check_writable("begin_run()");
  Statement(*database_, "INSERT INTO runs (study, started, state, manifest, seconds, cells) VALUES (?, ?, 'running', ?, 0, ?)")
      .bind(entry.study, entry.started, text_of(entry.manifest), bytes_of_keys(entry.cells))
      .run();
  return database_->last_id();
}

void Store::end_run(int64_t id, const std::string& state, double seconds) {
  check_writable("end_run()");
  Statement(*database_, "UPDATE runs SET state = ?, seconds = ? WHERE id = ?").bind(state, seconds, id).run();
}

std::vector<RunEntry> Store::runs() const {
  std::vector<RunEntry> entries;
  Statement statement(*database_, "SELECT id, study, started, state, manifest, seconds, cells FROM runs ORDER BY id DESC");
  while (statement.step()) {
    entries.push_back({.id = statement.integer(0),
                       .study = statement.text(1),
                       .started = statement.text(2),
                       .state = statement.text(3),
                       .manifest = manifest_of(statement.text(4), path_),
                       .seconds = statement.number(5),
                       .cells = keys_of_bytes(statement.bytes(6))});
  }
  return entries;
}

std::vector<RunSummary> Store::run_summaries() const {
  std::vector<RunSummary> summaries;
  for (RunEntry& run : runs()) {
    const int64_t measured = static_cast<int64_t>(present(run.cells).size());
    summaries.push_back({.run = std::move(run), .measured = measured});
  }
  return summaries;
}

Records gather(std::span<const Store* const> stores, std::span<const std::string> keys) {
  std::map<std::string, CellRecord> found;
  std::vector<std::string> missing(keys.begin(), keys.end());
  for (const Store* store : stores) {
    for (CellRecord& record : store->get(missing)) found.emplace(record.key, std::move(record));
    std::erase_if(missing, [&](const std::string& key) { return found.contains(key); });
  }
  Records records;
  for (const std::string& key : keys) {
    if (auto record = found.extract(key)) records.push_back(std::move(record.mapped()));
  }
  return records;
}

Records gather_all(std::span<const Store* const> stores, const std::string& study) {
  std::vector<std::string> keys;
  std::unordered_set<std::string> seen;
  for (const Store* store : stores) {
    for (std::string& key : store->keys_of(study)) {
      if (seen.insert(key).second) keys.push_back(std::move(key));
    }
  }
  return gather(stores, keys);
}

}  // namespace manabi::lab
