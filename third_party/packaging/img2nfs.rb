# Homebrew formula: brew install --HEAD ./img2nfs.rb, or in a tap once there is a release (url, sha256).
class Img2nfs < Formula
  desc "Put the Linux system of a disk image onto an NFS server, without root"
  homepage "https://example.org/img2nfs"
  url "https://example.org/img2nfs/img2nfs-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"

  depends_on "make" => :build
  depends_on "pkgconf" => :build
  depends_on "e2fsprogs"
  depends_on "libarchive"
  depends_on "libnfs"
  depends_on "nettle"
  depends_on "util-linux"
  depends_on "xxhash"
  depends_on "xz"
  depends_on "zlib"
  depends_on "zstd"

  on_linux do
    depends_on "libseccomp"
  end

  def install
    system "gmake", "PREFIX=#{prefix}", "PACKED=1", "FDISK=1", "install"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/img2nfs --version")
    system Formula["e2fsprogs"].opt_sbin/"mke2fs", "-q", "-t", "ext4", "disk.img", "8m"
    assert_match "lost+found", shell_output("#{bin}/img2nfs ls disk.img")
    (testpath/"x.c").write "#include <img2nfs/img2nfs.h>\nint main(void) { return !i2n_loss_word(0); }\n"
    system ENV.cc, "x.c", "-I#{include}", "-L#{lib}", "-limg2nfs", "-o", "x"
    system "./x"
  end
end
