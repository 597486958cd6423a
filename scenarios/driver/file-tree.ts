/** Shell that makes the same tree each time: 10,000 files of a few bytes in 100 folders. */
export const FILE_TREE = `
folder=0
while [ $folder -lt 100 ]; do
  mkdir -p folder-$folder
  file=0
  while [ $file -lt 100 ]; do
    echo "file $file of folder $folder" >folder-$folder/file-$file
    file=$((file + 1))
  done
  folder=$((folder + 1))
done`;
