#include "lab/store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <filesystem>
#include <limits>
#include <utility>

#include "base/error.h"

namespace manabi::lab {
namespace {

constexpr int kBusyMilliseconds = 10'000;  // readers and a writer's checkpoint wait for each other that long

// "file:" names need '?', '#' and '%' of a path escaped.
std::string uri_of(const std::string& path, std::string_view query) {
  std::string uri = "file:";
  for (const char character : path) {
    if (character == '?')
      uri += "%3f";
    else if (character == '#')
      uri += "%23";
    else if (character == '%')
      uri += "%25";
    else
      uri += character;
  }
  return uri.append(query);
}

bool has_uncommitted_log(const std::string& path) {
  std::error_code ignored;
  const auto size = std::filesystem::file_size(path + "-wal", ignored);
  return !ignored && size > 0;
}

bool is_write_protected(const std::string& path) { return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0 && errno != ENOENT; }

std::string hint_for(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "free some space and run again; everything committed so far is kept";
    case SQLITE_IOERR:
      return "check the disk and its free space, then run again; everything committed so far is kept";
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return "choose a folder that you may write to (--output), or change the permissions";
    case SQLITE_CANTOPEN:
      return "check that the folder exists and that you may read and write it";
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:
      return "the file is damaged or was cut short: move it away and run again, or save what is left with: sqlite3 FILE .recover";
    case SQLITE_NOTADB:
      return "give the folder of a Manabi run, or move this file away and run again";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another program holds the file; close it and run again";
    default:
      return "";
  }
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Database::Database(std::string path, Mode mode) : path_(std::move(path)) {
  if (mode == Mode::write) {
    if (is_write_protected(path_)) fail(SQLITE_READONLY);  // SQLite would open it for reading, and fail later
    open(path_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    return;
  }
  open(path_, SQLITE_OPEN_READONLY);
  if (is_readable()) return;
  if (has_uncommitted_log(path_)) {
    throw base::Error({.where = path_,
                       .given = "holds results that are still in its '-wal' file, which cannot be merged here",
                       .expected = "a folder that can be written to",
                       .hint = "copy the file together with its '-wal' neighbour into such a folder"});
  }
  open(uri_of(path_, "?immutable=1"), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

void Database::open(const std::string& name, int flags) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) fail(code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
}

// False where only the '-wal' and '-shm' neighbours are in the way; other failures are left to the first real statement.
bool Database::is_readable() const {
  const int code = sqlite3_exec(handle_.get(), "SELECT count(*) FROM sqlite_master", nullptr, nullptr, nullptr) & 0xff;
  return code != SQLITE_CANTOPEN && code != SQLITE_READONLY;
}

void Database::run(const std::string& sql) const {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

int64_t Database::integer(const std::string& sql) const {
  Statement statement(*this, sql);
  statement.step();
  return statement.integer(0);
}

int64_t Database::last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
int64_t Database::changes() const { return sqlite3_changes64(handle_.get()); }

void Database::fail(int code) const {
  const char* reason = sqlite3_errstr(code & 0xff);
  throw base::Error({.where = path_, .given = std::string("cannot be used as a run store: ") + reason, .expected = "", .hint = hint_for(code)});
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(const Database& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database.handle_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  statement_.reset(statement);
  check(code);
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double Statement::number(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const std::span<const std::byte> stored = bytes(column);
  return {reinterpret_cast<const char*>(stored.data()), stored.size()};
}

std::span<const std::byte> Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_.get(), column);
  return {static_cast<const std::byte*>(data), static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Statement::restart() { sqlite3_reset(statement_.get()); }
void Statement::put(int index, int64_t value) { check(sqlite3_bind_int64(statement_.get(), index, value)); }
void Statement::put(int index, double value) { check(sqlite3_bind_double(statement_.get(), index, value)); }

void Statement::put(int index, const std::string& value) {
  check(sqlite3_bind_text64(statement_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::put(int index, std::span<const std::byte> value) {
  // A null pointer would bind NULL.
  check(
      sqlite3_bind_blob64(statement_.get(), index, value.empty() ? "" : static_cast<const void*>(value.data()), value.size(), SQLITE_TRANSIENT));
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) database_.fail(code);
}

Transaction::Transaction(const Database& database, Database::Mode mode) : database_(database) {
  database_.run(mode == Database::Mode::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  if (!is_open_) return;
  // SQLite has rolled back by itself after some failures; the second rollback then fails, which changes nothing.
  try {
    database_.run("ROLLBACK");
  } catch (const base::Error&) {
  }
}

void Transaction::commit() {
  database_.run("COMMIT");
  is_open_ = false;
}

}  // namespace manabi::lab
