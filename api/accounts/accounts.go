// Package accounts keeps who may sign in, and who has. It is a database of its
// own, beside the ledger and never part of it: passwords and sessions come and
// go, while the ledger keeps what people did under their own names.
package accounts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"wenxiao/domain"
)

// Role says what an account may do; package api holds the table of it.
type Role string

const (
	Filer      Role = "filer"      // 预算单位填报
	Department Role = "department" // 主管部门审核
	Finance    Role = "finance"    // 财政部门
	Treasury   Role = "treasury"   // 国库支付
	Auditor    Role = "auditor"    // 审计
	Inspector  Role = "inspector"  // 纪检监察
	Congress   Role = "congress"   // 人大
	Admin      Role = "admin"      // 系统管理
)

// Roles lists every role with the word officials use, in the order of the
// process.
var Roles = []struct {
	Role Role
	Name string
}{
	{Filer, "预算单位"},
	{Department, "主管部门"},
	{Finance, "财政部门"},
	{Treasury, "国库支付"},
	{Auditor, "审计"},
	{Inspector, "纪检监察"},
	{Congress, "人大"},
	{Admin, "系统管理"},
}

// Name returns the word officials use for r, empty for no role.
func (r Role) Name() string {
	for _, known := range Roles {
		if known.Role == r {
			return known.Name
		}
	}
	return ""
}

// An Account is one person in one post, with the right to sign in. A person who
// holds two posts has two accounts: duty attaches to the post acted in.
type Account struct {
	Username string          `json:"username"` // lower case
	Person   string          `json:"person"`   // id of the person in the ledger
	Name     string          `json:"name"`
	Post     string          `json:"post"` // 绩效管理科科长
	Unit     domain.UnitCode `json:"unit"`
	UnitName string          `json:"unitName"`
	Capacity string          `json:"capacity"` // 本人履职 unless said otherwise
	Role     Role            `json:"role"`
	Disabled bool            `json:"disabled"`
	Created  time.Time       `json:"created"`

	epoch int64 // sessions of an earlier epoch are dead
}

// Actor returns the account's holder as the ledger names who acted.
func (a Account) Actor() domain.Actor {
	return domain.Actor{Person: a.Person, Name: a.Name, Post: a.Post, Unit: string(a.Unit), Capacity: a.Capacity}
}

// ErrUnknown reports that there is no such account.
var ErrUnknown = errors.New("no such account")

// Accounts is the database of accounts and sessions. Its methods may be called
// concurrently.
type Accounts struct {
	db       *sql.DB
	now      func() time.Time
	attempts *attempts
	verified *bounded[verified]
	turns    *bounded[*sync.Mutex]
}

const schema = `
CREATE TABLE IF NOT EXISTS accounts (
	username  TEXT PRIMARY KEY,
	password  TEXT NOT NULL,
	person    TEXT NOT NULL,
	name      TEXT NOT NULL,
	post      TEXT NOT NULL,
	unit      TEXT NOT NULL,
	unit_name TEXT NOT NULL,
	capacity  TEXT NOT NULL,
	role      TEXT NOT NULL,
	disabled  INTEGER NOT NULL,
	epoch     BIGINT NOT NULL,
	created   BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS sessions (
	token_hash TEXT PRIMARY KEY,
	data       TEXT NOT NULL,
	expires    BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_by_expires ON sessions (expires);`

var username = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$`)

// person has the alphabet of unit codes, since ids of people stand in addresses.
var person = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$`)

// check refuses an account that could not be told apart or held to account.
func (a Account) check() error {
	var wrong []domain.Refusal
	refuse := func(code, field, reason string) {
		wrong = append(wrong, domain.Refusal{Code: code, Field: field, Reason: reason})
	}
	if !username.MatchString(a.Username) {
		refuse("account.malformed-username", "/username", fmt.Sprintf("账户名“%s”应为 1—64 位文字、数字或 . _ @ -", a.Username))
	}
	if !person.MatchString(a.Person) {
		refuse("account.malformed-person", "/person", fmt.Sprintf("人员编号“%s”应为 1—48 位小写字母、数字或连字符", a.Person))
	}
	if strings.TrimSpace(a.Name) == "" {
		refuse("account.no-name", "/name", "账户须写明姓名")
	}
	if strings.TrimSpace(a.Post) == "" {
		refuse("account.no-post", "/post", "账户须写明岗位")
	}
	if a.Unit.Check() != nil {
		refuse("account.malformed-unit", "/unit", fmt.Sprintf("单位编码“%s”应为 1—48 位小写字母、数字或连字符", a.Unit))
	}
	if a.Role.Name() == "" {
		refuse("account.unknown-role", "/role", fmt.Sprintf("没有“%s”这个角色", a.Role))
	}
	return domain.Refuse(wrong...)
}

// Add creates an account. Its password follows [CheckPassword].
func (a *Accounts) Add(ctx context.Context, account Account, password string) error {
	account.Username = fold(account.Username)
	if account.Capacity == "" {
		account.Capacity = "本人履职"
	}
	if err := account.check(); err != nil {
		return err
	}
	if err := CheckPassword(account.Username, password); err != nil {
		return err
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return err
	}
	result, err := a.db.ExecContext(ctx, `
		INSERT INTO accounts (username, password, person, name, post, unit, unit_name, capacity, role, disabled, epoch, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 1, $10) ON CONFLICT (username) DO NOTHING`,
		account.Username, hash, account.Person, account.Name, account.Post, string(account.Unit),
		account.UnitName, account.Capacity, string(account.Role), a.now().UnixMilli())
	return exactlyOne(result, err, domain.Refusal{
		Code: "account.exists", Field: "/username", Reason: fmt.Sprintf("账户“%s”已存在", account.Username),
	})
}

const columns = `username, person, name, post, unit, unit_name, capacity, role, disabled, epoch, created, password`

// scan reads one row of columns.
func scan(row interface{ Scan(...any) error }) (account Account, hash string, err error) {
	var created int64
	err = row.Scan(&account.Username, &account.Person, &account.Name, &account.Post, &account.Unit, &account.UnitName,
		&account.Capacity, &account.Role, &account.Disabled, &account.epoch, &created, &hash)
	account.Created = time.UnixMilli(created).UTC()
	return account, hash, err
}

// Find returns the account, disabled or not, or [ErrUnknown].
func (a *Accounts) Find(ctx context.Context, name string) (Account, error) {
	account, _, err := a.find(ctx, name)
	return account, err
}

func (a *Accounts) find(ctx context.Context, name string) (Account, string, error) {
	account, hash, err := scan(a.db.QueryRowContext(ctx, `SELECT `+columns+` FROM accounts WHERE username = $1`, fold(name)))
	if errors.Is(err, sql.ErrNoRows) {
		return Account{}, "", fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	return account, hash, err
}

// List returns every account, disabled ones too, by role and username.
func (a *Accounts) List(ctx context.Context) (all []Account, err error) {
	rows, err := a.db.QueryContext(ctx, `SELECT `+columns+` FROM accounts ORDER BY username`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		account, _, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, account)
	}
	slices.SortStableFunc(all, func(x, y Account) int { return place(x.Role) - place(y.Role) })
	return all, rows.Err()
}

func place(role Role) int {
	for i, known := range Roles {
		if known.Role == role {
			return i
		}
	}
	return len(Roles)
}

// Disable ends the account and every session of it at their next request. What
// its holder did stays in the ledger.
func (a *Accounts) Disable(ctx context.Context, name string) error {
	return a.change(ctx, name, `disabled = 1, epoch = epoch + 1`)
}

// Enable lets a disabled account sign in again.
func (a *Accounts) Enable(ctx context.Context, name string) error {
	return a.change(ctx, name, `disabled = 0`)
}

// SetRole changes what the account may do, from its next request on.
func (a *Accounts) SetRole(ctx context.Context, name string, role Role) error {
	if role.Name() == "" {
		return domain.Refusal{Code: "account.unknown-role", Field: "/role", Reason: fmt.Sprintf("没有“%s”这个角色", role)}
	}
	return a.change(ctx, name, `role = $2`, string(role))
}

// SetPassword replaces the password and ends every session of the account.
func (a *Accounts) SetPassword(ctx context.Context, name, password string) error {
	if err := CheckPassword(fold(name), password); err != nil {
		return err
	}
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return err
	}
	return a.change(ctx, name, `password = $2, epoch = epoch + 1`, hash)
}

func (a *Accounts) change(ctx context.Context, name, set string, args ...any) error {
	result, err := a.db.ExecContext(ctx, `UPDATE accounts SET `+set+` WHERE username = $1`, append([]any{fold(name)}, args...)...)
	return exactlyOne(result, err, fmt.Errorf("%w: %s", ErrUnknown, name))
}

// exactlyOne returns none when a statement touched no row.
func exactlyOne(result sql.Result, err, none error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return none
	}
	return err
}

// fold makes one spelling of a username.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// Ping reports whether the database answers.
func (a *Accounts) Ping(ctx context.Context) error { return a.db.PingContext(ctx) }

// Close closes the database.
func (a *Accounts) Close() error { return a.db.Close() }
