namespace NanoAttention.Tutorials;

/// <summary>Grey images and their classes: pixel (i, y, x) is <c>Pixels[(i · Height + y) · Width + x]</c>, 0 = paper, 255 = ink.</summary>
public sealed record LabelledImages(byte[] Pixels, byte[] Labels, int Height, int Width)
{
    public int Count => Labels.Length;

    /// <summary>The Height · Width pixels of one image, row by row.</summary>
    public ReadOnlySpan<byte> Image(int index) => Pixels.AsSpan(index * Height * Width, Height * Width);
}

/// <summary>
/// The training and test images of MNIST (LeCun, Bottou, Bengio, Haffner 1998), or of a set in the same files (Fashion-MNIST, KMNIST).
/// </summary>
public sealed record Mnist(LabelledImages Train, LabelledImages Test)
{
    /// <summary>The number of classes: the ten digits.</summary>
    public const int Classes = 10;

    /// <summary>The paths of the four files: images and labels for training, then for the test.</summary>
    /// <exception cref="FileNotFoundException">A file is missing both plain and with <c>.gz</c>.</exception>
    public static string[] Files(string folder) =>
    [
        Find(folder, "train-images-idx3-ubyte"), Find(folder, "train-labels-idx1-ubyte"),
        Find(folder, "t10k-images-idx3-ubyte"), Find(folder, "t10k-labels-idx1-ubyte"),
    ];

    /// <summary>Reads the four files under their usual names, each plain or with <c>.gz</c>.</summary>
    /// <exception cref="FileNotFoundException">A file is missing under both names.</exception>
    /// <exception cref="InvalidDataException">A file is broken, or images and labels do not belong together.</exception>
    public static Mnist Load(string folder)
    {
        string[] files = Files(folder);
        LabelledImages train = LoadPart(files[0], files[1]), test = LoadPart(files[2], files[3]);
        return (train.Height, train.Width) == (test.Height, test.Width) ? new(train, test)
            : throw new InvalidDataException($"{folder}: training images of {train.Height} × {train.Width}, "
                + $"test images of {test.Height} × {test.Width}; they should be alike");
    }

    static LabelledImages LoadPart(string imagePath, string labelPath)
    {
        Idx images = Idx.Read(imagePath, rank: 3), labels = Idx.Read(labelPath, rank: 1);
        if (images.Dimensions[0] != labels.Dimensions[0])
            throw new InvalidDataException($"{imagePath} has {images.Dimensions[0]} images, {labelPath} {labels.Dimensions[0]} labels; "
                + "there should be one label an image");
        int wrong = labels.Data.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(Classes - 1));
        if (wrong >= 0)
            throw new InvalidDataException($"{labelPath}: label {labels.Data[wrong]} of image {wrong}; labels are 0 to {Classes - 1}");
        return new(images.Data, labels.Data, images.Dimensions[1], images.Dimensions[2]);
    }

    static string Find(string folder, string name)
    {
        string plain = Path.Combine(folder, name), compressed = plain + ".gz";
        return File.Exists(plain) ? plain
            : File.Exists(compressed) ? compressed
            : throw new FileNotFoundException($"{folder}: neither {name} nor {name}.gz is there", plain);
    }
}
