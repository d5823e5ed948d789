import type { CaptureKind } from '../messages.ts';
import {
  AudioIcon,
  FileIcon,
  type IconProps,
  ImageIcon,
  LinkIcon,
  PageIcon,
  SelectionIcon,
  VideoIcon,
} from './Icon.tsx';

const icons = {
  page: PageIcon,
  image: ImageIcon,
  video: VideoIcon,
  audio: AudioIcon,
  link: LinkIcon,
  selection: SelectionIcon,
};

/** What was captured. */
export function KindIcon({ kind, ...props }: IconProps & { kind: CaptureKind }) {
  const Icon = icons[kind];
  return <Icon {...props} />;
}

/** What a file is, by its MIME type. */
export function FileTypeIcon({ mimetype, ...props }: IconProps & { mimetype: string }) {
  const family = mimetype.split('/')[0];
  const Icon =
    mimetype === 'text/html'
      ? PageIcon
      : family === 'image'
        ? ImageIcon
        : family === 'video'
          ? VideoIcon
          : family === 'audio'
            ? AudioIcon
            : FileIcon;
  return <Icon {...props} />;
}
