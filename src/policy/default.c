#include "policy/default.h"

/* A word in a static table, where gcc takes the literal of STR for no constant. */
#define WORD(literal)                                            \
	{                                                        \
		{(literal), sizeof(literal) - 1}, SOURCE_NOWHERE \
	}
#define WORDS(words)                     \
	{                                \
		words, ARRAY_SIZE(words) \
	}

static const struct policy_word write_words[] = {WORD(".")};
static const struct policy_word read_words[] = {WORD("/")};
static const struct policy_word device_words[] = {
	WORD("null"),
	WORD("zero"),
	WORD("full"),
	WORD("random"),
	WORD("urandom"),
	WORD("tty"),
};

#define GIVEN_BY_DEFAULT                                                                      \
	(POLICY_GIVEN(POLICY_WRITE) | POLICY_GIVEN(POLICY_READ) | POLICY_GIVEN(POLICY_DENY) | \
		POLICY_GIVEN(POLICY_PROTECT) | POLICY_GIVEN(POLICY_NET) |                     \
		POLICY_GIVEN(POLICY_DEVICES) | POLICY_GIVEN(POLICY_SOCKETS))

const struct declared_policy policy_default = {
	.name = {"default", 7},
	.offset = SOURCE_NOWHERE,
	.given = GIVEN_BY_DEFAULT,
	.words =
		{
			[POLICY_WRITE] = WORDS(write_words),
			[POLICY_READ] = WORDS(read_words),
			[POLICY_DEVICES] = WORDS(device_words),
		},
	.net = POLICY_NET_DENY,
	.max_diff = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
};

/* githooks(5); git-config(1): programs that git runs are named there; gitattributes(5): which filters. */
const char *const policy_git_files[] = {
	"hooks", "config", "config.worktree", "info/attributes"};
const size_t policy_git_files_count = ARRAY_SIZE(policy_git_files);

const char *const policy_own_files[] = {".lily", ".lily.stage", "lily-policy.yaml"};
const size_t policy_own_files_count = ARRAY_SIZE(policy_own_files);

const char *const policy_hidden[] = {"/root", "/run", "/tmp", "/media", "/mnt"};
const size_t policy_hidden_count = ARRAY_SIZE(policy_hidden);

const char *const policy_system[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64",
	"/libx32", "/etc", "/nix", "/gnu", "/proc", "/sys"};
const size_t policy_system_count = ARRAY_SIZE(policy_system);

const struct toolchain policy_toolchains[] = {
	{".asdf", {".asdf"}, {NULL}},
	{".bun", {".bun"}, {NULL}},
	{".cabal", {".cabal/bin"}, {NULL}},
	{".cargo", {".cargo", ".rustup"}, {".cargo/credentials", ".cargo/credentials.toml"}},
	{".composer", {".composer"}, {".composer/auth.json"}},
	{".deno", {".deno"}, {NULL}},
	{".dotnet", {".dotnet"}, {NULL}},
	{".ghcup", {".ghcup"}, {NULL}},
	{".goenv", {".goenv", "go"}, {NULL}},
	{".juliaup", {".juliaup", ".julia"}, {".julia/servers"}},
	{".local/bin",
		{".local/bin", ".local/lib", ".local/share/pipx", ".local/share/uv",
			".local/pipx"},
		{".local/share/uv/credentials"}},
	{".local/share/fnm", {".local/share/fnm"}, {NULL}},
	{".local/share/mise", {".local/share/mise"}, {NULL}},
	{".local/share/pnpm", {".local/share/pnpm"}, {NULL}},
	{".nodenv", {".nodenv"}, {NULL}},
	{".npm-global", {".npm-global"}, {NULL}},
	{".nvm", {".nvm"}, {NULL}},
	{".opam", {".opam"}, {NULL}},
	{".pub-cache", {".pub-cache"}, {".pub-cache/credentials.json"}},
	{".pyenv", {".pyenv"}, {NULL}},
	{".rbenv", {".rbenv"}, {NULL}},
	{".rustup", {".rustup"}, {NULL}},
	{".rvm", {".rvm"}, {NULL}},
	{".sdkman", {".sdkman"}, {NULL}},
	{".volta", {".volta"}, {NULL}},
	{"bin", {"bin"}, {NULL}},
	{"go", {"go"}, {NULL}},
	{"miniconda3", {"miniconda3"}, {NULL}},
};
const size_t policy_toolchains_count = ARRAY_SIZE(policy_toolchains);
