package io.starling.files

import java.io.{FileNotFoundException, IOException}
import java.net.URI
import java.nio.file.{FileAlreadyExistsException => Taken, FileSystemException, Files, NoSuchFileException}
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.attribute.PosixFilePermissions

import org.apache.hadoop.conf.Configuration
import org.apache.hadoop.fs.{ChecksumFs, DelegateToFileSystem, FileAlreadyExistsException, FileStatus}
import org.apache.hadoop.fs.{LocalFileSystem, Path, RawLocalFileSystem}
import org.apache.hadoop.fs.permission.FsPermission

/** This machine's files for Hadoop's FileSystem, as `fs.file.impl`.
  *
  * Hadoop's own runs `chmod` for every file it makes and `readlink` for every one it renames, where it lacks a native
  * library, which Spark does not bring. That is more than a hundred processes a micro-batch, of some 3 ms each; and
  * a terminal's Ctrl-C ends them too, and with them the micro-batch that was to be written to its end.
  */
class LocalFiles extends LocalFileSystem(new RawLocalFiles)

/** The same for Hadoop's FileContext, as `fs.AbstractFileSystem.file.impl`: of Delta's commits and Spark's checkpoints.
  *
  * What is not to replace a file is refused by the operating system itself. Hadoop's own looks first and renames then:
  * of two that commit the same version at the same time, both are told that they did, and one commit is lost.
  */
class LocalContext(uri: URI, conf: Configuration) extends ChecksumFs(new RawLocalContext(conf))

private class RawLocalFiles extends RawLocalFileSystem {
  override def setPermission(path: Path, permission: FsPermission): Unit =
    if (permission.getStickyBit) super.setPermission(path, permission) // Java knows no such bit
    else Files.setPosixFilePermissions(pathToFile(path).toPath, PosixFilePermissions.fromString(permission.toString))

  override def getFileLinkStatus(path: Path): FileStatus =
    if (Files.isSymbolicLink(pathToFile(path).toPath)) super.getFileLinkStatus(path) else getFileStatus(path)
}

private class RawLocalContext(conf: Configuration)
    extends DelegateToFileSystem(URI.create("file:///"), new RawLocalFiles, conf, "file", false) {
  override def getUriDefaultPort: Int = -1

  override def isValidName(name: String): Boolean = true // local names may hold colons

  override def renameInternal(from: Path, to: Path, overwrite: Boolean): Unit = {
    val (source, target) = (file(from), file(to))
    try
      if (Files.isDirectory(source)) super.renameInternal(from, to, overwrite)
      else if (overwrite) Files.move(source, target, ATOMIC_MOVE)
      else {
        Files.createLink(target, source)
        try Files.delete(source)
        catch { case _: IOException => } // it has its new name; what is left of the old one is in nobody's way
      }
    catch {
      case _: Taken               => throw new FileAlreadyExistsException(s"rename destination $to already exists")
      case _: NoSuchFileException => throw new FileNotFoundException(s"rename source $from or folder of $to not found")
      case _: FileSystemException | _: UnsupportedOperationException if !overwrite => // a disk without links
        super.renameInternal(from, to, overwrite)
    }
  }

  private def file(path: Path) = fsImpl.asInstanceOf[RawLocalFiles].pathToFile(path).toPath
}
