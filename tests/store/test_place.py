import pytest

from hub.store.errors import DataFolderError
from hub.store.place import require_local


@pytest.fixture
def mounted(tmp_path):
    """Write a made-up list of mounts: pairs of a folder's name and a type."""

    def write(*mounts):
        lines = ["disk / ext4 rw 0 0"]
        for name, kind in mounts:
            point = str(tmp_path / name).replace(" ", "\\040")
            lines.append(f"somewhere {point} {kind} rw,relatime 0 0")
        listed = tmp_path / "mounts"
        listed.write_text("\n".join([*lines, ""]))
        return listed

    return write


@pytest.mark.parametrize(
    "kind",
    ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuse.glusterfs"],
)
def test_a_network_file_system_is_refused(mounted, tmp_path, kind):
    with pytest.raises(DataFolderError) as caught:
        require_local(tmp_path / "share" / "data", mounted(("share", kind)))

    assert kind in str(caught.value)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "tmpfs", "zfs", "fuseblk"])
def test_a_disk_of_this_machine_is_accepted(mounted, tmp_path, kind):
    require_local(tmp_path / "disk" / "data", mounted(("disk", kind)))


def test_the_innermost_mount_decides(mounted, tmp_path):
    mounts = mounted(("share/disk", "ext4"), ("share", "nfs"))

    require_local(tmp_path / "share" / "disk" / "data", mounts)
    with pytest.raises(DataFolderError):
        require_local(tmp_path / "share" / "other", mounts)


@pytest.mark.parametrize(
    ("kinds", "refused"), [(("xfs", "nfs"), True), (("nfs", "ext4"), False)]
)
def test_a_later_mount_hides_an_earlier_one_at_the_same_place(
    mounted, tmp_path, kinds, refused
):
    mounts = mounted(*(("place", kind) for kind in kinds))

    try:
        require_local(tmp_path / "place", mounts)
    except DataFolderError:
        assert refused
    else:
        assert not refused


def test_a_sibling_with_the_same_beginning_is_not_inside(mounted, tmp_path):
    require_local(tmp_path / "shared", mounted(("share", "nfs")))


def test_a_mount_point_may_have_blanks_in_its_name(mounted, tmp_path):
    with pytest.raises(DataFolderError):
        require_local(tmp_path / "the share" / "x", mounted(("the share", "cifs")))


def test_a_link_leads_to_where_the_folder_is(mounted, tmp_path):
    (tmp_path / "share").mkdir()
    (tmp_path / "looks-local").symlink_to(tmp_path / "share")

    with pytest.raises(DataFolderError):
        require_local(tmp_path / "looks-local" / "data", mounted(("share", "nfs4")))


def test_nothing_is_refused_where_mounts_are_not_listed(tmp_path):
    require_local(tmp_path, tmp_path / "no-such-list")
