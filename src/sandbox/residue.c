#include "sandbox/residue.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>

/* Each round removes something or fails; more than the kernel's own limits of objects allow is a
 * kernel that does not remove. */
#define ROUNDS_MAX (1 << 20)

static bool
is_dot(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

static bool
is_kept(const struct residue *residue, int directory, ino_t inode)
{
	for (size_t i = 0; i < residue->n_kept; i++)
		if (residue->kept[i].directory == directory && residue->kept[i].inode == inode)
			return true;
	return false;
}

/* The first name that is not kept, and its inode as the directory lists it, which for a mount point is
 * that of the place and not of what is mounted; 0: none. Most steps leave nothing, and then these are
 * two system calls. */
static int
first_left(const struct residue *residue, int fd, char *ret_name, ino_t *ret_inode,
	struct err *err)
{
	_Alignas(8) char bytes[1024];
	long n;

	(void)lseek(fd, 0, SEEK_SET);
	while ((n = syscall(SYS_getdents64, fd, bytes, sizeof(bytes))) > 0) {
		for (long at = 0; at < n;) {
			const struct dirent64 *entry =
				(const struct dirent64 *)(const void *)(bytes + at);

			at += entry->d_reclen;
			if (is_dot(entry->d_name) || is_kept(residue, fd, entry->d_ino))
				continue;
			memcpy(ret_name, entry->d_name, strlen(entry->d_name) + 1);
			*ret_inode = entry->d_ino;
			return 1;
		}
	}
	return n < 0 ? err_sys(err, "list a directory in memory") : 0;
}

/* By inode, which a file system in memory does not give away twice. */
static int
keep_places(struct residue *residue, int fd, struct err *err)
{
	char name[NAME_MAX + 1];
	ino_t inode;
	int r;

	while ((r = first_left(residue, fd, name, &inode, err)) > 0) {
		if (residue->n_kept == RESIDUE_KEPT_MAX)
			return err_set(err, ERR_LIMIT, "more than %d places are shown in /tmp",
				RESIDUE_KEPT_MAX);
		residue->kept[residue->n_kept].directory = fd;
		residue->kept[residue->n_kept++].inode = inode;
	}
	return r;
}

int
residue_open(const struct walls *walls, struct residue *ret_residue, struct err *err)
{
	struct residue residue = {.has_objects = walls->namespaces & CLONE_NEWIPC};

	for (size_t i = 0; i < walls->n_mounts; i++) {
		const struct wall_mount *mount = &walls->mounts[i];
		int r;

		if (mount->kind != WALL_MEMORY && mount->kind != WALL_QUEUES)
			continue;
		if (residue.n == RESIDUE_DIRECTORIES_MAX)
			return err_set(err, ERR_LIMIT, "more than %d places in memory",
				RESIDUE_DIRECTORIES_MAX);
		r = dir_open(AT_FDCWD, mount->path, &residue.directories[residue.n], err);
		if (r == 0)
			r = keep_places(&residue, residue.directories[residue.n], err);
		if (r < 0)
			return r;
		residue.n++;
	}
	*ret_residue = residue;
	return 0;
}

static int
clear_directory(const struct residue *residue, int fd, struct err *err)
{
	char name[NAME_MAX + 1];
	ino_t inode;
	int r = 0;

	for (int round = 0; r >= 0 && round < ROUNDS_MAX; round++) {
		r = first_left(residue, fd, name, &inode, err);
		if (r <= 0)
			return r;
		if (unlinkat(fd, name, 0) != 0)
			r = tree_remove(fd, name, err);
	}
	return r < 0 ? r : err_set(err, ERR_LIMIT, "a directory in memory does not get empty");
}

/* sysvipc(7): the index of the highest entry in use, -1 where objects cannot be counted. */
static int
clear_shared_memory(struct err *err)
{
	struct shm_info info;
	struct shmid_ds object;
	int highest = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info);

	for (int i = 0; highest >= 0 && info.used_ids && i <= highest; i++) {
		int id = shmctl(i, SHM_STAT_ANY, &object);

		if (id >= 0 && shmctl(id, IPC_RMID, NULL) != 0)
			return err_sys(err, "remove shared memory");
	}
	return 0;
}

/* The fourth argument of semctl, which callers have to declare. */
union semaphore_argument {
	struct seminfo *info;
	struct semid_ds *object;
};

static int
clear_semaphores(struct err *err)
{
	struct seminfo info;
	struct semid_ds object;
	union semaphore_argument argument = {.info = &info};
	int highest = semctl(0, 0, SEM_INFO, argument);

	argument.object = &object;
	for (int i = 0; highest >= 0 && info.semusz && i <= highest; i++) {
		int id = semctl(i, 0, SEM_STAT_ANY, argument);

		if (id >= 0 && semctl(id, 0, IPC_RMID) != 0)
			return err_sys(err, "remove semaphores");
	}
	return 0;
}

static int
clear_messages(struct err *err)
{
	struct msginfo info;
	struct msqid_ds object;
	int highest = msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&info);

	for (int i = 0; highest >= 0 && info.msgpool && i <= highest; i++) {
		int id = msgctl(i, MSG_STAT_ANY, &object);

		if (id >= 0 && msgctl(id, IPC_RMID, NULL) != 0)
			return err_sys(err, "remove a message queue");
	}
	return 0;
}

int
residue_clear(const struct residue *residue, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < residue->n; i++)
		r = clear_directory(residue, residue->directories[i], err);
	if (r == 0 && residue->has_objects)
		r = clear_shared_memory(err);
	if (r == 0 && residue->has_objects)
		r = clear_semaphores(err);
	return r < 0 || !residue->has_objects ? r : clear_messages(err);
}
